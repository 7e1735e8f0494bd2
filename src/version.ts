import { readFileSync } from 'node:fs';

/** The package's version, from the package.json that is installed with the program. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}
