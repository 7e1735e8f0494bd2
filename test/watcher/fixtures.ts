import * as fs from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../../src/log.js';
import { createFolder, removeFolder } from '../world/folder.js';

export const silent: Logger = { error() {}, warn() {}, info() {}, debug() {}, debugEnabled: false };

/** A folder that is removed when the test has ended; to be used with `onTestFinished`. */
export function temporaryFolder(whenFinished: (remove: () => void) => void): string {
  const folder = createFolder('watch');
  whenFinished(() => removeFolder(folder));
  return folder;
}

export function writeFile(path: string, text = 'x'): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, text);
}
