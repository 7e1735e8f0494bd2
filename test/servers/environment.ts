import { describe, it } from 'vitest';

export {
  azureServers,
  redisServers,
  type Server,
  type Settings,
  s3Servers,
  strangersOfSwift,
  swiftServers,
} from './named-servers.js';

/** Tests over servers that the environment may not have: one skipped test then says which variable is missing. */
export function withServers<T>(
  title: string,
  variable: string,
  found: readonly T[],
  tests: (server: T) => void,
): void {
  describe(title, () => {
    if (found.length === 0) it.skip(`${variable} is not set`, () => {});
    for (const server of found) tests(server);
  });
}
