import {
  appendFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { call, listAll } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror, openRemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { attributesBelow, differences, digestsBelow } from '../world/tree.js';

const RECORD = '    hardlinks: record\n';

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

function openBucketMirror() {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const target = fakeTarget(fake);
  const mirror = openRemoteMirror({ target, direct, mirror: RECORD });
  /** The value of `hardlink` in the metadata of each object that has it. */
  const groups = async () => {
    const listed = await listAll(direct, mirror.container);
    const keys = listed.map(({ key }) => key).filter((key) => !key.startsWith('.longshore/'));
    const found = keys.map(async (key) => {
      const { metaData } = await direct.headObject({ container: mirror.container, key }, call);
      return [key, metaData['hardlink']] as const;
    });
    return Object.fromEntries((await Promise.all(found)).filter(([, group]) => group));
  };
  return { mirror, groups };
}

/** A file with four names, one with two of the same content, and single ones. */
function writeTree({
  source,
  write,
}: {
  source: string;
  write: (path: string, content?: string) => string;
}) {
  const first = write('a/first', 'four names '.repeat(1000));
  for (const path of ['a/second', 'b/third', 'zz']) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    linkSync(first, join(source, path));
  }
  const other = write('c/one', 'four names '.repeat(1000));
  linkSync(other, join(source, 'c/two'));
  write('single');
  utimesSync(other, 1_600_000_000, 1_600_000_000);
}

const inodesAt = (root: string, ...paths: string[]) =>
  new Set(paths.map((path) => lstatSync(join(root, path)).ino)).size;

test('P10: hardlinks: record: content goes out once, and a restore makes one file of its names', async () => {
  const { mirror, groups } = openBucketMirror();
  writeTree(mirror);
  fake.log.length = 0;
  const first = await mirror.longshore('reconcile', '--json');
  expect(first.code, first.stderr).toBe(0);
  const did = (operation: string) => fake.log.filter((one) => one.operation === operation).length;
  expect(summaryOf(first)).toMatchObject({ uploaded: 3, copied: 4, failed: 0 });
  expect(did('CopyObject')).toBe(4);
  expect(await mirror.differences()).toEqual([]);
  const inode = String(lstatSync(join(mirror.source, 'zz'), { bigint: true }).ino);
  const other = String(lstatSync(join(mirror.source, 'c/one'), { bigint: true }).ino);
  expect(await groups()).toEqual({
    'a/first': inode,
    'a/second': inode,
    'b/third': inode,
    zz: inode,
    'c/one': other,
    'c/two': other,
  });
  const idle = { uploaded: 0, copied: 0, refreshed: 0, deleted: 0 };
  expect(summaryOf(await mirror.longshore('reconcile', '--json'))).toMatchObject(idle);

  for (const [round, remember] of [true, false].entries()) {
    if (!remember) rmSync(mirror.state, { recursive: true });
    fake.log.length = 0;
    const restored = await mirror.longshore(
      'restore',
      'documents',
      '--to',
      `back${round}`,
      '--json',
    );
    expect(restored.code, restored.stderr).toBe(0);
    expect(summaryOf(restored)).toMatchObject({ restored: 7, failed: 0, unverified: 0 });
    const back = join(mirror.folder, `back${round}`);
    expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
    expect(attributesBelow(back)).toEqual(attributesBelow(mirror.source));
    expect(inodesAt(back, 'a/first', 'a/second', 'b/third', 'zz')).toBe(1);
    expect(inodesAt(back, 'c/one', 'c/two')).toBe(1);
    expect(inodesAt(back, 'a/first', 'c/one', 'single')).toBe(3);
    expect(did('GetObject'), 'each content is loaded once').toBe(3);
    rmSync(join(back, 'zz'));
    writeFileSync(join(back, 'c/two'), 'something else, and newer');
    const again = ['restore', 'documents', '--to', `back${round}`, '--overwrite', 'always'];
    expect((await mirror.longshore(...again)).code).toBe(0);
    expect(inodesAt(back, 'a/first', 'a/second', 'b/third', 'zz')).toBe(1);
    expect(inodesAt(back, 'c/one', 'c/two')).toBe(1);
  }
});

test('hardlinks: record: a name that comes, goes or gets a file of its own changes the objects of the others', async () => {
  const { mirror, groups } = openBucketMirror();
  const file = mirror.write('file', 'content of a file');
  const sync = async () => {
    const done = await mirror.longshore('reconcile', '--json');
    expect(done.code, done.stderr).toBe(0);
    expect(await mirror.differences()).toEqual([]);
    return summaryOf(done);
  };
  await sync();
  expect(await groups()).toEqual({});
  linkSync(file, join(mirror.source, 'other'));
  expect(await sync()).toMatchObject({ uploaded: 0, copied: 1 });
  expect(Object.keys(await groups())).toEqual(['file', 'other']);
  appendFileSync(file, ' that has changed');
  expect(await sync()).toMatchObject({ uploaded: 1, copied: 1 });
  expect(Object.keys(await groups())).toEqual(['file', 'other']);
  writeFileSync(join(mirror.source, 'new'), 'content of a file that has changed');
  renameSync(join(mirror.source, 'new'), join(mirror.source, 'other'));
  await sync();
  expect(await groups()).toEqual({});
});

test('hardlinks: record: turned on, the objects that are there say it after the next scan, and no content is sent', async () => {
  const mirror = openLocalMirror();
  writeTree(mirror);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  mirror.writeConfig(RECORD);
  const done = await mirror.longshore('reconcile', '--json');
  expect(summaryOf(done)).toMatchObject({ uploaded: 0, refreshed: 6, failed: 0 });
  expect(summaryOf(await mirror.longshore('scan', '--json'))).toMatchObject({ refreshed: 0 });
  rmSync(mirror.state, { recursive: true });
  const restored = await mirror.longshore('restore', 'documents', '--to', 'back');
  expect(restored.code, restored.stderr).toBe(0);
  const back = join(mirror.folder, 'back');
  expect(inodesAt(back, 'a/first', 'a/second', 'b/third', 'zz')).toBe(1);
  expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
});

test('P1: hardlinks: record: the daemon sends a change of a file with several names under all of them', async () => {
  const mirror = openLocalMirror(`${RECORD}    rescan: 0s\n    reconcile: 0s\n`);
  writeTree(mirror);
  const daemon = mirror.daemon();
  const same = () => expect(mirror.differences()).toEqual([]);
  await eventually(same);
  for (const round of [1, 2, 3]) {
    appendFileSync(join(mirror.source, 'b/third'), `change ${round}`);
    await eventually(same);
    expect(readFileSync(join(mirror.container, 'zz'), 'utf8')).toContain(`change ${round}`);
  }
  await endWhenDone(mirror, daemon);
});
