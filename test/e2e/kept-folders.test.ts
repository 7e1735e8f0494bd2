import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { call, listAll, put } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { isThere } from '../servers/installed.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import {
  type LocalMirror,
  openLocalMirror,
  openRemoteMirror,
} from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { differences, digestsBelow } from '../world/tree.js';

const KEEP = '    folders: keep\n    symlinks: preserve\n';

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

/** A mirror to a bucket of its own. */
function openBucketMirror(lines?: string, options: { readonly unprivileged?: boolean } = {}) {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const target = fakeTarget(fake);
  const mirror = openRemoteMirror({ target, direct, ...options, ...(lines && { mirror: lines }) });
  return { mirror, direct };
}

interface FolderState {
  readonly mode: number;
  readonly mtimeNs: bigint;
}

/** The permissions and the time of each folder below a root. */
function foldersBelow(root: string): ReadonlyMap<string, FolderState> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(
    paths.flatMap((path) => {
      const stat = lstatSync(join(root, path), { bigint: true });
      if (!stat.isDirectory() || path.startsWith('.longshore')) return [];
      return [[path, { mode: Number(stat.mode) & 0o777, mtimeNs: stat.mtimeNs }] as const];
    }),
  );
}

const namesOf = (root: string) => [...foldersBelow(root).keys()];

/** Folders that only one has, and those with other permissions or times: Node sets times to the microsecond. */
function folderDifferences(left: ReadonlyMap<string, FolderState>, root: string): string[] {
  const right = foldersBelow(root);
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => {
    const [a, b] = [left.get(path), right.get(path)];
    if (a === undefined || b === undefined || a.mode !== b.mode) return true;
    const apart = a.mtimeNs - b.mtimeNs;
    return apart < -2000n || apart > 2000n;
  });
}

/** Nested and empty folders with modes and times of their own, and names that stand before and behind `/`. */
function writeTree({ source, write }: Pick<LocalMirror, 'source' | 'write'>): void {
  for (const path of ['a/b/file', 'a-file', 'a.txt', 'a/b-', 'ü/😀/x', 'a0']) write(path);
  const folders = ['empty', 'a/empty', 'a/b/deep/er', 'a-', 'ü/leer', 'x.rclonelink', 'a b'];
  for (const path of folders) mkdirSync(join(source, path), { recursive: true });
  const all = namesOf(source).reverse(); // the deepest first
  for (const [i, path] of all.entries()) {
    chmodSync(join(source, path), [0o755, 0o700, 0o2755, 0o750][i % 4] ?? 0o755);
    const seconds = String(-100_000.5 + i * 100_000_000.123457);
    utimesSync(join(source, path), seconds, seconds);
  }
}

test('P10: folders: keep: a local target has the folders, and a restore gives them back with modes and times', async () => {
  const mirror = openLocalMirror(KEEP);
  writeTree(mirror);
  const folders = foldersBelow(mirror.source);
  const first = await mirror.longshore('reconcile', '--json');
  expect(first.code, first.stderr).toBe(0);
  expect(namesOf(mirror.container)).toEqual([...folders.keys()]);
  expect(folderDifferences(folders, mirror.container)).toEqual([]);

  const second = summaryOf(await mirror.longshore('reconcile', '--json'));
  expect(second).toMatchObject({ uploaded: 0, bytes: 0, deleted: 0, refreshed: 0, failed: 0 });

  for (const [round, remember] of [true, false].entries()) {
    if (!remember) rmSync(mirror.state, { recursive: true });
    const to = `back${round}`;
    const restored = await mirror.longshore('restore', 'documents', '--to', to);
    expect(restored.code, restored.stderr).toBe(0);
    const back = join(mirror.folder, to);
    expect(folderDifferences(folders, back)).toEqual([]);
    expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
  }
});

test.runIf(isThere('rclone'))(
  'P10: folders: keep: rclone finds every folder of a local target',
  async () => {
    const mirror = openLocalMirror(KEEP);
    writeTree(mirror);
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const to = join(mirror.folder, 'by-rclone');
    const args = [
      'copy',
      '--create-empty-src-dirs',
      '--links',
      '-M',
      '--exclude',
      '/.longshore/**',
    ];
    execFileSync('rclone', [...args, mirror.container, to], {
      env: { PATH: process.env['PATH'], HOME: mirror.folder },
      stdio: 'pipe',
    });
    expect(namesOf(to)).toEqual(namesOf(mirror.source));
  },
);

test('P10: folders: keep: a bucket has an empty object for each folder, and a restore makes the folders from it', async () => {
  const { mirror, direct } = openBucketMirror(KEEP);
  writeTree(mirror);
  const folders = foldersBelow(mirror.source);
  const first = await mirror.longshore('reconcile', '--json');
  expect(first.code, first.stderr).toBe(0);
  const listed = await listAll(direct, mirror.container);
  const markers = listed.filter(({ key }) => key.endsWith('/') && !key.startsWith('.longshore/'));
  expect(markers.map(({ key }) => key.slice(0, -1)).sort()).toEqual([...folders.keys()]);
  expect(markers.every(({ size }) => size === 0)).toBe(true);
  const ref = { container: mirror.container, key: 'a/empty/' };
  expect(await direct.headObject(ref, call)).toMatchObject({
    extra: { contentType: 'application/x-directory' },
    metaData: { mode: expect.stringMatching(/^4\d{4}$/) as string },
  });
  const second = summaryOf(await mirror.longshore('reconcile', '--json'));
  expect(second).toMatchObject({ uploaded: 0, bytes: 0, deleted: 0, refreshed: 0, failed: 0 });

  const restored = await mirror.longshore('restore', 'documents', '--to', 'back');
  expect(restored.code, restored.stderr).toBe(0);
  expect(folderDifferences(folders, join(mirror.folder, 'back'))).toEqual([]);
});

test('folders: keep: a plan has the folders and the names of one file, and is applied', async () => {
  const mirror = openLocalMirror(`${KEEP}    hardlinks: record\n`);
  mirror.write('a/file');
  linkSync(join(mirror.source, 'a/file'), join(mirror.source, 'other'));
  mkdirSync(join(mirror.source, 'empty'));
  expect((await mirror.longshore('reconcile', '--plan', 'plan')).code).toBe(5);
  const shown = await mirror.longshore('plan', 'show', 'plan');
  expect(shown.stdout).toContain('empty/');
  const applied = await mirror.longshore('apply', 'plan');
  expect(applied.code, applied.stderr).toBe(0);
  expect(folderDifferences(foldersBelow(mirror.source), mirror.container)).toEqual([]);
  const done = summaryOf(await mirror.longshore('reconcile', '--json'));
  expect(done).toMatchObject({ uploaded: 0, copied: 0, deleted: 0, refreshed: 0, failed: 0 });
});

test('folders: keep: a folder and a file take the place of each other, and a renamed folder moves', async () => {
  const mirror = openLocalMirror(KEEP);
  mirror.write('one/file');
  mkdirSync(join(mirror.source, 'two'));
  mirror.write('three');
  const sync = async () => {
    const done = await mirror.longshore('reconcile', '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(differences(digestsBelow(mirror.source), digestsBelow(mirror.container))).toEqual([]);
    expect(folderDifferences(foldersBelow(mirror.source), mirror.container)).toEqual([]);
    return summaryOf(done);
  };
  await sync();
  rmSync(join(mirror.source, 'two'), { recursive: true });
  mirror.write('two', 'a file now');
  rmSync(join(mirror.source, 'three'));
  mkdirSync(join(mirror.source, 'three'));
  renameSync(join(mirror.source, 'one'), join(mirror.source, 'four'));
  await sync();
  rmSync(join(mirror.source, 'two'));
  mkdirSync(join(mirror.source, 'two'));
  rmSync(join(mirror.source, 'three'), { recursive: true });
  writeFileSync(join(mirror.source, 'three'), 'a file again');
  rmSync(join(mirror.source, 'four/file'));
  await sync();
  expect(namesOf(mirror.container)).toEqual(['four', 'two']);
  expect(await sync()).toMatchObject({ uploaded: 0, deleted: 0, refreshed: 0 });
});

test.each(['chokidar', 'directories'])(
  'folders: keep: %s: the daemon follows folders that come, go and change',
  async (watch) => {
    const mirror = openLocalMirror(
      `${KEEP}    watch: ${watch}\n    rescan: 0s\n    reconcile: 0s\n`,
    );
    mirror.write('full/first');
    const daemon = mirror.daemon();
    const same = () => {
      expect(differences(digestsBelow(mirror.source), digestsBelow(mirror.container))).toEqual([]);
      expect(folderDifferences(foldersBelow(mirror.source), mirror.container)).toEqual([]);
    };
    await eventually(same);
    mkdirSync(join(mirror.source, 'new/deep'), { recursive: true });
    await eventually(same);
    chmodSync(join(mirror.source, 'new/deep'), 0o700);
    await eventually(same);
    for (let i = 0; i < 50; i += 1) mirror.write(`full/file${i}`);
    await eventually(same);
    rmSync(join(mirror.source, 'new/deep'), { recursive: true });
    await eventually(same);
    expect(existsSync(join(mirror.container, 'new'))).toBe(true);
    renameSync(join(mirror.source, 'full'), join(mirror.source, 'fuller'));
    await eventually(same);
    await endWhenDone(mirror, daemon); // the time of a folder may still be due
  },
  120_000,
);

test('restore finishes the folders in a folder whose mode then forbids the way to them', async () => {
  const { mirror, direct } = openBucketMirror(KEEP, { unprivileged: true });
  chmodSync(join(mirror.folder, 'longshore.yaml'), 0o644); // the keys are those of a fake
  const first = await mirror.longshore('--reconcile');
  expect(first.code, first.stderr).toBe(0);
  const described = { contentType: 'application/x-directory', checksums: [] };
  // More folders than are kept open between their making and their finishing.
  const others = Array.from({ length: 100 }, (_, at) => [`other${at}/`, '40755'] as const);
  for (const [key, mode] of [['closed/', '40600'], ['closed/in/', '40750'], ...others] as const)
    await put(direct, { container: mirror.container, key }, '', {
      ...described,
      metaData: { mode, mtime: '1000000000' },
    });
  const restored = await mirror.longshore('restore', 'documents', '--to', 'back');
  expect(restored.code, restored.stderr).toBe(0);
  const { mode, mtimeMs } = lstatSync(join(mirror.folder, 'back/closed/in'));
  expect([mode & 0o7777, mtimeMs]).toEqual([0o750, 1_000_000_000_000]);
  expect(lstatSync(join(mirror.folder, 'back/closed')).mode & 0o7777).toBe(0o600);
  chmodSync(join(mirror.folder, 'back/closed'), 0o700); // so that it can be removed
});

test('folders: an object of another tool is adopted where its folder is, and otherwise extraneous', async () => {
  const { mirror, direct } = openBucketMirror('    folders: keep\n    extraneous: report\n');
  mirror.write('here/file');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  rmSync(mirror.state, { recursive: true });
  for (const key of ['here/', 'nowhere/'])
    await put(direct, { container: mirror.container, key }, '');
  const done = await mirror.longshore('reconcile', '--json');
  const extraneous = done.stdout.split('\n').filter((line) => line.includes('"extraneous"'));
  expect(extraneous.filter((line) => line.includes('nowhere/'))).not.toEqual([]);
  expect(extraneous.filter((line) => line.includes('"here/"'))).toEqual([]);
  const keys = (await listAll(direct, mirror.container)).map(({ key }) => key);
  expect(keys).toEqual(expect.arrayContaining(['here/', 'here/file', 'nowhere/']));
});

test('folders: skip, the default: no folder has an object; turned on they get one, turned off they lose it', async () => {
  const { mirror } = openBucketMirror();
  mirror.write('a/file');
  mkdirSync(join(mirror.source, 'b'));
  const keys = async () => [...(await mirror.objects()).keys()].sort();
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(await keys()).toEqual(['a/file']);
  mirror.writeConfig('    folders: keep\n');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(await keys()).toEqual(['a/', 'a/file', 'b/']);
  mirror.writeConfig();
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(await keys()).toEqual(['a/file']);
});
