import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./source-mounts-child.js', import.meta.url));
/** Disks are loop devices here, which take the rights of root; skipped, and counted as such, without. */
const canMount = spawnSync('unshare', ['-m', 'sh', '-c', 'losetup --find && mount -t tmpfs none /mnt']).status === 0;

test.skipIf(!canMount).each(['daemon', 'once'])(
  'P4: %s: a source that is unmounted, exchanged for another disk of the same numbers, emptied or missing deletes and replaces nothing, and neither does a disk inside it; the same disk under another number goes on',
  { timeout: 240_000 },
  async (mode) => {
    const folder = mkdtempSync(join(tmpdir(), 'longshore-mounts-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const output = await new Promise<string>((resolve) => {
      execFile('unshare', ['-m', process.execPath, PROGRAM, folder, mode], { timeout: 220_000 }, (_, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    expect(output).toBe('nothing was lost\n');
  },
);
