import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ObjectName, ObjectRecord } from '../../src/state/object-index.js';
import { openIndex } from '../../src/state/open-index.js';
import { eventually } from '../world/eventually.js';
import {
  type LocalMirror,
  type MirrorInAFolder,
  openLocalMirror,
} from '../world/mirror-in-a-folder.js';
import { untilStatsAreOld } from '../world/old-stats.js';
import { summaryOf } from '../world/program.js';

const HOURLY = '    index_snapshot: 1h\n';
const NOTHING_SENT = { uploaded: 0, copied: 0, deleted: 0, failed: 0, skipped: 0, bytes: 0 };

const snapshotOf = ({ container }: LocalMirror) => join(container, '.longshore/index-snapshot');

/** A mirror of these files, which has been reconciled and has a snapshot. */
async function openMirrored(files: number, lines = HOURLY): Promise<LocalMirror> {
  const mirror = openLocalMirror(lines);
  for (let at = 0; at < files; at += 1) mirror.write(`folder/f${at}`, `content ${at}`);
  await untilStatsAreOld();
  const first = await mirror.longshore('--reconcile');
  expect(first.code, first.stderr).toBe(0);
  expect(existsSync(snapshotOf(mirror))).toBe(true);
  return mirror;
}

/** The machine's disk is lost: the state is gone, and the files are copies. */
function loseDisk(mirror: MirrorInAFolder): void {
  const { source, state } = mirror;
  rmSync(state, { recursive: true });
  execFileSync('cp', ['-a', source, `${source}-copy`]);
  // Beside the copy, so that none of its files has the inode of another one before.
  renameSync(source, `${source}-before`);
  renameSync(`${source}-copy`, source);
}

async function recordsOf({ index }: MirrorInAFolder): Promise<Map<ObjectName, ObjectRecord>> {
  const opened = await openIndex({ engine: 'lmdb', folder: dirname(index) });
  const records = new Map(opened.entries());
  await opened.close();
  return records;
}

/** The records without what says on which disk a file is, and when it was read there. */
async function contentsOf(mirror: MirrorInAFolder): Promise<unknown> {
  return [...(await recordsOf(mirror))].map(
    ([name, { inode: _, ctimeNs: __, hashedAtMs: ___, ...record }]) => [name, record],
  );
}

describe('longshore rebuild, with an index snapshot', () => {
  test('P6: makes the same index again on another disk, and sends nothing', async () => {
    const mirror = await openMirrored(60, `${HOURLY}    extraneous: delete\n`);
    const [before, objects] = [await contentsOf(mirror), mirror.inodes()];
    loseDisk(mirror);
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    expect(rebuilt.stderr).toMatch(/index snapshot taken back .*records=60 taken=60/);
    expect(summaryOf(rebuilt)).toMatchObject({ ...NOTHING_SENT, adopted: 0, unchanged: 60 });
    expect(mirror.inodes()).toEqual(objects);
    expect(await contentsOf(mirror)).toEqual(before);
    const again = await mirror.longshore('reconcile', '--json');
    expect(summaryOf(again)).toMatchObject({ ...NOTHING_SENT, adopted: 0, unchanged: 60 });
    expect(existsSync(snapshotOf(mirror))).toBe(true);
    expect(mirror.differences()).toEqual([]);
  });

  test('P6: hashes no file again whose stat is that of its record', async () => {
    const mirror = await openMirrored(20);
    const before = await recordsOf(mirror);
    rmSync(mirror.state, { recursive: true });
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    expect(summaryOf(rebuilt)).toMatchObject({ ...NOTHING_SENT, adopted: 0, unchanged: 20 });
    expect(await recordsOf(mirror)).toEqual(before);
  });

  test('P1: is no worse for objects that were stored, replaced and deleted after the snapshot', async () => {
    const mirror = await openMirrored(20);
    mirror.write('folder/later', 'came after the snapshot');
    mirror.write('folder/f1', 'changed after the snapshot');
    rmSync(join(mirror.source, 'folder/f2'));
    await untilStatsAreOld();
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    rmSync(join(mirror.container, 'folder/f3'));
    writeFileSync(join(mirror.container, 'folder/f4'), 'something else');
    loseDisk(mirror);
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    expect(rebuilt.stderr).toMatch(/index snapshot taken back .*records=20 taken=16/);
    expect(summaryOf(rebuilt)).toMatchObject({
      uploaded: 2,
      adopted: 2,
      deleted: 0,
      unchanged: 16,
    });
    expect(mirror.differences()).toEqual([]);
    const again = await mirror.longshore('reconcile', '--json');
    expect(summaryOf(again)).toMatchObject({ ...NOTHING_SENT, adopted: 0, unchanged: 20 });
  });

  test('P4: deletes objects whose files are gone from the same folder, once all was compared', async () => {
    const mirror = await openMirrored(20);
    rmSync(mirror.state, { recursive: true });
    rmSync(join(mirror.source, 'folder/f7'));
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(summaryOf(rebuilt)).toMatchObject({ deleted: 0 });
    expect(mirror.objects()).toContain('folder/f7');
    expect(summaryOf(await mirror.longshore('reconcile', '--json'))).toMatchObject({ deleted: 1 });
    expect(mirror.differences()).toEqual([]);
  });

  test('P4: deletes no object whose file is not on the disk that replaced the former one', async () => {
    const mirror = await openMirrored(20);
    loseDisk(mirror);
    rmSync(join(mirror.source, 'folder/f7'));
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    for (let times = 0; times < 2; times += 1)
      expect(summaryOf(await mirror.longshore('reconcile', '--json'))).toMatchObject(NOTHING_SENT);
    expect(mirror.objects()).toContain('folder/f7');
  });

  test('P1: gives objects the metadata of settings that changed meanwhile', async () => {
    const mirror = await openMirrored(20, `${HOURLY}    metadata: [mtime]\n`);
    mirror.writeConfig(`${HOURLY}    metadata: [mtime, mode]\n`);
    loseDisk(mirror);
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(rebuilt.stderr).toMatch(/index snapshot taken back .*taken=20/);
    expect(summaryOf(rebuilt)).toMatchObject({ uploaded: 0, adopted: 0, refreshed: 20, bytes: 0 });
    const again = await mirror.longshore('reconcile', '--json');
    expect(summaryOf(again)).toMatchObject({ ...NOTHING_SENT, refreshed: 0, unchanged: 20 });
  });

  test('P6: is not needed: a daemon takes the index back by itself', async () => {
    const mirror = await openMirrored(20);
    const objects = mirror.inodes();
    loseDisk(mirror);
    const daemon = mirror.daemon();
    await eventually(() => expect(daemon.stderr()).toMatch(/run finished .*unchanged=20/), 20_000);
    expect(daemon.stderr()).toMatch(/index snapshot taken back .*taken=20/);
    expect(mirror.inodes()).toEqual(objects);
    daemon.kill('SIGTERM');
    await daemon.finished;
  });
});

/** The same snapshot with another header, and the digest of that. */
function withHeader(bytes: Buffer, change: Readonly<Record<string, unknown>>): Buffer {
  const end = bytes.indexOf('\n');
  const header = { ...JSON.parse(bytes.toString('utf8', 0, end)), ...change };
  const rest = bytes.subarray(end, -32);
  const changed = Buffer.concat([Buffer.from(JSON.stringify(header)), rest]);
  return Buffer.concat([changed, createHash('sha256').update(changed).digest()]);
}

const flipped = (bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  const at = changed.length - 100;
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
};

describe('longshore rebuild, with an index snapshot that it cannot use', () => {
  test.each<readonly [string, (bytes: Buffer) => Buffer, RegExp]>([
    ['has another bit', flipped, /it is damaged: its bytes are not those of its digest/],
    ['was cut short', (bytes) => bytes.subarray(0, -7), /it is damaged/],
    ['is empty', () => Buffer.alloc(0), /it is damaged: it does not begin as one/],
    ['is of a later version', (bytes) => withHeader(bytes, { version: 9 }), /by a later longshore/],
    ['is of another mirror', (bytes) => withHeader(bytes, { mirror: 'x' }), /of the mirror .*x/],
    ['is of another place', (bytes) => withHeader(bytes, { prefix: 'p/' }), /of another place/],
    [
      'is from after the lease',
      (bytes) => withHeader(bytes, { epoch: 7 }),
      /number 7 of the lease/,
    ],
  ])('P6: says that it %s, and hashes the files', async (_, change, why) => {
    const mirror = await openMirrored(20);
    writeFileSync(snapshotOf(mirror), change(readFileSync(snapshotOf(mirror))));
    loseDisk(mirror);
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    const said = rebuilt.stderr.split('\n').filter((line) => line.includes('index snapshot not'));
    expect(said).toEqual([expect.stringMatching(why)]);
    expect(said[0]).toContain('files are compared with their objects by hashing them');
    expect(summaryOf(rebuilt)).toMatchObject({ ...NOTHING_SENT, adopted: 20 });
    expect(mirror.differences()).toEqual([]);
  });
});

describe('longshore rebuild', () => {
  test('refuses an index that a reconcile has finished on, and sets it aside with --force', async () => {
    const mirror = await openMirrored(20);
    const refused = await mirror.longshore('rebuild', 'documents');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/so nothing is to be rebuilt\..*rebuild documents --force/);
    const forced = await mirror.longshore('rebuild', 'documents', '--force', '--json');
    expect(forced.code, forced.stderr).toBe(0);
    expect(summaryOf(forced)).toMatchObject({ ...NOTHING_SENT, adopted: 0, unchanged: 20 });
    expect(readdirSync(dirname(mirror.index))).toContainEqual(
      expect.stringMatching(/^index\.mdb\.replaced-\d{8}T\d{6}Z$/),
    );
  });

  test('refuses while the daemon runs, and says who it is', async () => {
    const mirror = await openMirrored(3);
    const daemon = mirror.daemon();
    await eventually(() => expect(daemon.stderr()).toContain('mirroring'), 20_000);
    const refused = await mirror.longshore('rebuild', 'documents', '--force');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `another longshore works on this state folder (pid ${daemon.child.pid}`,
    );
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
  });

  test('refuses a mirror that the configuration does not have', async () => {
    const refused = await openLocalMirror().longshore('rebuild', 'photos');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('photos');
  });
});

describe('index snapshot', () => {
  test('is made by default of a mirror of 1,000 objects, and of none with fewer', async () => {
    const mirror = openLocalMirror();
    for (let at = 0; at < 999; at += 1) mirror.write(`f${at}`);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(existsSync(snapshotOf(mirror))).toBe(false);
    mirror.write('one more');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(existsSync(snapshotOf(mirror))).toBe(true);
  });

  test('is neither made nor used when it is off', async () => {
    const mirror = await openMirrored(5);
    mirror.writeConfig('    index_snapshot: off\n');
    const before = readFileSync(snapshotOf(mirror));
    loseDisk(mirror);
    const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
    expect(summaryOf(rebuilt)).toMatchObject({ ...NOTHING_SENT, adopted: 5 });
    expect(rebuilt.stderr).not.toContain('index snapshot');
    expect(readFileSync(snapshotOf(mirror))).toEqual(before);
  });

  test('is not made again before its time, by a dry run, or by a scan', async () => {
    const mirror = await openMirrored(5);
    const before = readFileSync(snapshotOf(mirror));
    mirror.write('another');
    for (const args of [['reconcile', '--dry-run'], ['scan'], ['reconcile']])
      await mirror.longshore(...args);
    expect(readFileSync(snapshotOf(mirror))).toEqual(before);
    rmSync(mirror.ledger);
    appendFileSync(join(mirror.source, 'another'), 'more');
    await mirror.longshore('reconcile');
    expect(readFileSync(snapshotOf(mirror))).not.toEqual(before);
  });
});
