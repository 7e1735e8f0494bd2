import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

const MIB = 1024 * 1024;

/** Mounts so many MiB where the target of the mirror will be. False where we may not mount. */
function mountTarget({ folder }: LocalMirror, mib: number): boolean {
  const root = join(folder, 'vault');
  mkdirSync(root);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', root], {
      stdio: 'ignore',
    });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', root]));
  return true;
}

/** Leaves so many bytes free on the target's disk. */
function fill({ folder }: LocalMirror, free = MIB / 4): void {
  const { bavail, bsize } = statfsSync(join(folder, 'vault'));
  writeFileSync(
    join(folder, 'vault', 'ballast'),
    Buffer.alloc(Number(bavail) * Number(bsize) - free),
  );
}

const isRoot = process.getuid?.() === 0;

// Mounting needs root: elsewhere these are shown as skipped.
describe.skipIf(!isRoot)('local target on a full disk', () => {
  test('reconcile: deletes, uploads what then fits, and ends with exit code 6 when nothing more fits', async () => {
    const mirror = openLocalMirror();
    expect(mountTarget(mirror, 8)).toBe(true);
    mirror.write('old', Buffer.alloc(4 * MIB));
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    fill(mirror);
    for (let n = 0; n < 30; n += 1) mirror.write(`new ${n}`, Buffer.alloc(MIB));
    rmSync(join(mirror.source, 'old')); // last, so that no other file gets its inode, as a renamed one has
    const run = await mirror.longshore('scan', '--json');
    expect(run.code, run.stderr).toBe(6);
    expect(summaryOf(run)).toMatchObject({ error: expect.stringMatching(/no space is left/) });
    expect(mirror.objects()).not.toContain('old');
    expect(mirror.objects().length).toBeGreaterThan(0);
    expect(run.stderr.match(/state=target-full/g)).toHaveLength(1);
    expect(run.stderr).not.toMatch(/object failed.*space/);
  });

  test.each([true, false])(
    'scan: with no byte free (fsync: %s) it deletes, and ends with exit code 6 and the reason',
    async (fsync) => {
      const mirror = openLocalMirror();
      const config = join(mirror.folder, 'longshore.yaml');
      writeFileSync(
        config,
        readFileSync(config, 'utf8').replace('fsync: false', `fsync: ${fsync}`),
      );
      expect(mountTarget(mirror, 8)).toBe(true);
      for (const name of ['kept', 'gone', 'moved']) mirror.write(name, Buffer.alloc(MIB, name));
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      fill(mirror, 0);
      mirror.write('new', Buffer.alloc(5 * MIB));
      const full = await mirror.longshore('scan', '--json');
      expect(full.code, full.stderr).toBe(6);
      expect(summaryOf(full)).toMatchObject({ error: expect.stringMatching(/no space is left/) });
      rmSync(join(mirror.source, 'gone'));
      renameSync(join(mirror.source, 'moved'), join(mirror.source, 'renamed'));
      const next = await mirror.longshore('scan', '--json');
      expect(next.code, next.stderr).toBe(6);
      expect(summaryOf(next)).toMatchObject({ error: expect.stringMatching(/no space is left/) });
      expect(mirror.objects()).toEqual(['kept', 'renamed']);
      rmSync(join(mirror.folder, 'vault', 'ballast'));
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      expect(mirror.differences()).toEqual([]);
      expect(readdirSync(join(mirror.folder, 'vault', '.longshore')).sort()).toEqual([
        'incoming',
        'objects.records',
      ]);
    },
  );

  test('run: the daemon shows target-full and deletes; with free space it uploads again without help', async () => {
    const mirror = openLocalMirror('    watch: directories\n');
    expect(mountTarget(mirror, 8)).toBe(true);
    mirror.write('old', Buffer.alloc(2 * MIB));
    const daemon = mirror.daemon();
    await eventually(() => expect(mirror.objects()).toEqual(['old']));
    fill(mirror);
    mirror.write('new', Buffer.alloc(3 * MIB));
    const status = async () =>
      (JSON.parse((await mirror.longshore('status', '--json')).stdout) as { mirrors: object[] })
        .mirrors[0];
    await eventually(async () =>
      expect(await status()).toMatchObject({ state: 'target-full', quarantined: [] }),
    );
    rmSync(join(mirror.source, 'old'));
    await eventually(() => expect(mirror.objects()).toEqual([]));
    expect(await status()).toMatchObject({ state: 'target-full', quarantined: [] });
    rmSync(join(mirror.folder, 'vault', 'ballast'));
    await eventually(() => expect(mirror.objects()).toEqual(['new']), 60_000);
    await eventually(async () =>
      expect(await status()).toMatchObject({ state: 'in-sync', lagSeconds: 0 }),
    );
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
    expect(daemon.stderr().match(/state=target-full/g)).toHaveLength(1);
    expect(daemon.stderr()).not.toMatch(/object failed.*space/);
  });
});
