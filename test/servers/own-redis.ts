import { onTestFinished } from 'vitest';
import type { RedisConfig } from '../../src/config/queue.js';
import { Secret } from '../../src/config/secret.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { PASSWORD, type RedisServer, startRedisServer } from './redis-server.js';

export { FIT, RIGHTS } from './redis-server.js';

/** A Redis of its own for one test, which may do to it what it likes. */
export interface OwnRedis extends RedisServer {
  /** As the user longshore, or as another one. */
  config(different?: Partial<RedisConfig>): RedisConfig;
}

/** Debian's redis-server, with these lines of configuration besides; ended at the end of the test. */
export async function startOwnRedis(lines?: readonly string[]): Promise<OwnRedis> {
  const folder = createFolder('redis');
  onTestFinished(() => removeFolder(folder));
  const server = await startRedisServer(folder, lines);
  onTestFinished(server.close);
  return { ...server, config: (different) => redisConfig(server.port, different) };
}

function redisConfig(port: number, different: Partial<RedisConfig> = {}): RedisConfig {
  return {
    host: '127.0.0.1',
    port,
    tls: false,
    username: 'longshore',
    password: secretOf(PASSWORD),
    ca: undefined,
    ...different,
  };
}

export function secretOf(literal: string): Secret {
  return new Secret({ literal }, { folder: '/', env: {} });
}
