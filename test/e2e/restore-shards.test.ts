import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import {
  type MirrorInAFolder,
  openLocalMirror,
  openRemoteMirror,
} from '../world/mirror-in-a-folder.js';
import { isRoot, summaryOf, UNPRIVILEGED } from '../world/program.js';

const LINES = `    index_snapshot: 1h
    folders: keep
    hardlinks: record
    symlinks: preserve
    metadata: [mtime, mode]
`;

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

/** Folders with modes and times of their own, also such that nothing can be made in; links of both kinds; odd names. */
function writeTree({ source, write }: Pick<MirrorInAFolder, 'source' | 'write'>): void {
  for (let at = 0; at < 12; at += 1) {
    write(`a/deep/f${at}`, `content ${at}`.repeat(at + 1));
    write(`a/g${at}`, `other ${at}`);
    write(`b ${at}/x`);
  }
  for (const path of ['a-file', 'a.txt', 'ü/😀/x', 'a0', 'line\nbreak/y']) write(path);
  for (const path of ['empty', 'a/empty', 'z/z/z'])
    mkdirSync(join(source, path), { recursive: true });
  const first = write('a/deep/linked', 'three names '.repeat(500));
  for (const path of ['b 3/linked', 'z/linked']) linkSync(first, join(source, path));
  symlinkSync('deep/f0', join(source, 'a/link'));
  symlinkSync('../a', join(source, 'z/outside'));
  const folders = foldersBelow(source).reverse();
  for (const [at, path] of folders.entries()) {
    chmodSync(join(source, path), [0o555, 0o755, 0o500, 0o750][at % 4] ?? 0o755);
    utimesSync(join(source, path), 1_500_000_000 + at, 1_500_000_000 + at);
  }
}

/** All paths below a folder, in order. No link is followed. */
function pathsBelow(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...pathsBelow(root, path)] : [path];
    })
    .sort();
}

const foldersBelow = (root: string): string[] =>
  pathsBelow(root).filter((path) => lstatSync(join(root, path)).isDirectory());

/** Kind, mode, time, size and link count of everything below a folder, and which names are one file. */
function treeOf(root: string): Record<string, string> {
  const firstOf = new Map<bigint, string>();
  return Object.fromEntries(
    pathsBelow(root).map((path) => {
      const stat = lstatSync(join(root, path), { bigint: true });
      const first = firstOf.get(stat.ino) ?? path;
      firstOf.set(stat.ino, first);
      const size = stat.isDirectory() ? '' : stat.size;
      return [path, `${stat.mode.toString(8)} ${stat.mtimeNs / 1000n} ${size} ${first}`];
    }),
  );
}

async function openMirrored(kind: 'local' | 's3', unprivileged = false) {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror =
    kind === 'local'
      ? openLocalMirror(LINES, { unprivileged })
      : openRemoteMirror({ target: fakeTarget(fake), direct, mirror: LINES, unprivileged });
  writeTree(mirror);
  if (unprivileged && isRoot) {
    giveAwayAll(mirror.source);
    chownSync(join(mirror.folder, 'longshore.yaml'), UNPRIVILEGED, UNPRIVILEGED);
  }
  const done = await mirror.longshore('reconcile');
  expect(done.code, done.stderr).toBe(0);
  const whole = await mirror.longshore('restore', 'documents', '--to', 'whole');
  expect(whole.code, whole.stderr).toBe(0);
  const restore = (shard: string) =>
    mirror.longshore('restore', 'documents', '--to', 'shared', '--shard', shard, '--json');
  const treeAt = (name: string) => treeOf(join(mirror.folder, name));
  return { mirror, restore, treeAt };
}

function giveAwayAll(root: string): void {
  for (const path of ['.', ...pathsBelow(root)]) {
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) continue;
    chownSync(join(root, path), UNPRIVILEGED, UNPRIVILEGED);
    if (stat.isDirectory()) utimesSync(join(root, path), stat.atime, stat.mtime);
  }
}

const shardsOf = (of: number) => Array.from({ length: of }, (_, at) => `${at + 1}/${of}`);

test.each(['local', 's3'] as const)(
  'P10: restore --shard, %s: shards in any order leave what one whole restore leaves',
  async (kind) => {
    const { mirror, restore, treeAt } = await openMirrored(kind);
    let restored = 0;
    for (const shard of ['4/5', '1/5', '5/5', '2/5', '3/5']) {
      const done = await restore(shard);
      expect(done.code, done.stderr).toBe(0);
      restored += Number(summaryOf(done)['restored']);
    }
    expect(treeAt('shared')).toEqual(treeAt('whole'));
    const objects =
      Object.keys(treeAt('whole')).length - foldersBelow(join(mirror.folder, 'whole')).length;
    expect(restored, 'each object once').toBe(objects);
    for (const shard of ['2/5', '1/3']) {
      const again = await restore(shard);
      expect(summaryOf(again)).toMatchObject({ restored: 0, failed: 0 });
    }
    expect(treeAt('shared'), 'a repeated shard, and one of another number').toEqual(
      treeAt('whole'),
    );
  },
);

test.each(['local', 's3'] as const)(
  'P10: restore --shard, %s: shards at the same time, as a user whom modes bind, leave the same',
  async (kind) => {
    const { restore, treeAt } = await openMirrored(kind, true);
    const shards = [...shardsOf(4), '2/4'];
    const done = await Promise.all(shards.map(restore));
    for (const each of done) expect(each.code, `${each.stdout}${each.stderr}`).toBe(0);
    expect(treeAt('shared')).toEqual(treeAt('whole'));
  },
);

test('P5: restore --shard: shards that are killed and repeated leave what one whole restore leaves', async () => {
  const { mirror, restore, treeAt } = await openMirrored('s3', true);
  for (const shard of shardsOf(3)) {
    const started = mirror.start('restore', 'documents', '--to', 'shared', '--shard', shard);
    await eventually(() => expect(readdirSync(mirror.folder)).toContain('shared'));
    started.kill('SIGKILL');
    await started.finished;
  }
  for (const shard of shardsOf(3)) {
    const done = await restore(shard);
    expect(done.code, done.stderr).toBe(0);
  }
  expect(treeAt('shared')).toEqual(treeAt('whole'));
});

test('restore --shard: paths are cut among the shards, and one that nothing matches is said to be missing', async () => {
  const { mirror, treeAt } = await openMirrored('local');
  const restore = (to: string, ...args: string[]) =>
    mirror.longshore('restore', 'documents', 'a/', 'b 3', '--to', to, '--json', ...args);
  await restore('part');
  const counts: unknown[] = [];
  for (const shard of shardsOf(2)) {
    const done = await restore('shared', '--shard', shard);
    expect(done.code, done.stderr).toBe(0);
    counts.push(summaryOf(done)['restored']);
  }
  expect(treeAt('shared')).toEqual(treeAt('part'));
  expect(
    counts.every((count) => Number(count) > 5),
    JSON.stringify(counts),
  ).toBe(true);
  const missing = await mirror.longshore(
    ...['restore', 'documents', 'b 3', 'nothing', '--to', 'other', '--shard', '1/2'],
  );
  expect([missing.code, missing.stderr]).toEqual([
    3,
    expect.stringContaining('nothing: no object'),
  ]);
  expect(missing.stderr).not.toContain('b 3');
});

test('restore --shard says what is wrong about it', async () => {
  const mirror = openLocalMirror();
  mirror.write('a');
  await mirror.longshore('reconcile');
  const restore = (...args: string[]) =>
    mirror.longshore('restore', 'documents', '--to', 'back', ...args);
  const without = await restore('--shard', '1/2');
  expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('index_snapshot')]);
  expect((await restore('--shard', '3/2')).code).toBe(2);
  const past = await restore('--shard', '1/2', '--at', '2026-01-01T00:00:00Z');
  expect([past.code, past.stderr]).toEqual([2, expect.stringContaining('--at')]);
  rmSync(join(mirror.folder, 'back'), { recursive: true, force: true });
});
