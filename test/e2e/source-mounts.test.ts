import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';

const PROGRAM = fileURLToPath(new URL('./source-mounts-child.js', import.meta.url));
const SAME_NUMBERS = fileURLToPath(new URL('./same-numbers-child.js', import.meta.url));
/** Disks are loop devices here, which take the rights of root; skipped, and counted as such, without. */
const canMount =
  spawnSync('unshare', ['-m', 'sh', '-c', 'losetup --find && mount -t tmpfs none /mnt']).status ===
  0;

test.skipIf(!canMount).each(['daemon', 'once'])(
  'P4: %s: a source that is unmounted, exchanged for another disk of the same numbers, emptied or missing deletes and replaces nothing, and neither does a disk inside it; the same disk under another number goes on',
  { timeout: 240_000 },
  async (mode) => expect(await outputOf(PROGRAM, mode)).toBe('nothing was lost\n'),
);

test.skipIf(!canMount).each([
  ['ext4', 'once'],
  ['ext4', 'daemon'],
  ['ext4, unprivileged', 'once'],
  ['ext4, unprivileged', 'daemon'],
  ['tmpfs', 'once'],
  ['tmpfs', 'daemon'],
])(
  'P4: %s, %s: another disk of the same numbers and age at the source, without udev, deletes and replaces nothing',
  { timeout: 240_000 },
  async (kind, mode) => expect(await outputOf(SAME_NUMBERS, kind, mode)).toBe('nothing was lost\n'),
);

function outputOf(program: string, ...args: readonly string[]): Promise<string> {
  const folder = temporaryFolder('mounts');
  return new Promise((resolve) => {
    const command = ['-m', process.execPath, program, folder, ...args];
    execFile('unshare', command, { timeout: 220_000 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
