import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'page-token';

/** Where the token is that longshore itself makes. */
export function tokenFile(stateFolder: string): string {
  return join(stateFolder, NAME);
}

/**
 * The token in the state folder; where there is none, 256 random bits become one, in a file that only its owner can read. Who
 * deletes the file gets another token, and all sessions end.
 */
export function readOrMakeToken(stateFolder: string): string {
  const path = tokenFile(stateFolder);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = randomBytes(32).toString('base64url');
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, `${token}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return token;
}
