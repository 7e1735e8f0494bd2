import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an empty folder that is removed when the current test has finished. Returns its path. */
export function temporaryFolder(name = 'test'): string {
  const folder = createFolder(name);
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Makes an empty folder that the caller removes. Returns its path. */
export function createFolder(name = 'test'): string {
  return mkdtempSync(join(tmpdir(), `longshore-${name}-`));
}

/** Removes a folder and its content; does nothing where there is none. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
