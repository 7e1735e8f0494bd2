import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '../../src/log.js';

export const silent: Logger = { error() {}, warn() {}, info() {}, debug() {}, debugEnabled: false };

/** A folder that is removed when the test has ended; to be used with `onTestFinished`. */
export function temporaryFolder(whenFinished: (remove: () => void) => void): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'longshore-watch-'));
  whenFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFile(path: string, text = 'x'): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, text);
}
