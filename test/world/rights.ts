import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from './program.js';

/** Root may read every file, so tests of missing rights need a child process of another user. */
export const canDropRights = !isRoot || spawnSync('setpriv', ['--version']).status === 0;

/** Whether a child process may mount file systems in a mount namespace of its own: needs root, and most containers refuse it. */
export const canMount =
  isRoot &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;

/** Returns whether this process may mount file systems in its own mount namespace. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-mount-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', 'none', folder]).status !== 0) return false;
    return spawnSync('umount', [folder]).status === 0;
  } finally {
    rmdirSync(folder);
  }
}
