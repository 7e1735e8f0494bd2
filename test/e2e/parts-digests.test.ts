import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import { openIndex } from '../../src/state/open-index.js';
import { call, randomContent } from '../drivers/conformance/fixture.js';
import { digestIn } from '../drivers/multipart-fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

const MIB = 2 ** 20;
/** The smallest of S3, which is the default. */
const PART = 5 * MIB;
const SIZE = 2 * PART + 17;

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');

interface Mirror extends RemoteMirror {
  readonly content: Buffer;
  /** Runs a command that must succeed and send no byte of content. Resolves with how often each operation was asked for. */
  sendsNothing(...args: readonly string[]): Promise<Readonly<Record<string, number>>>;
  recordOf(name: string): Promise<ObjectRecord | undefined>;
  /** Writes the record as earlier programs did: with the MD5 of the whole content, and no digest of parts. */
  writeOldRecord(name: string): Promise<void>;
}

/** A mirror of one file, `film`, which was uploaded in parts. */
async function openMirror(format: 'lmdb' | 'lowdb', lines = ''): Promise<Mirror> {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({
    target: { ...fakeTarget(fake), multipart_threshold: '6MiB' },
    direct,
    index: format,
    mirror: lines,
  });
  const content = randomContent(SIZE);
  writeFileSync(join(mirror.source, 'film'), content);
  const first = await mirror.longshore('--reconcile', '--json');
  expect(first.code, first.stderr).toBe(0);
  const location = { engine: format, folder: dirname(mirror.index) };

  return {
    ...mirror,
    content,
    async sendsNothing(...args) {
      const before = fake.log.length;
      const run = await mirror.longshore(...args, '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ uploaded: 0, failed: 0 });
      const counts: Record<string, number> = {};
      for (const { operation, key } of fake.log.slice(before))
        if (key?.startsWith('.longshore') !== true)
          counts[operation] = (counts[operation] ?? 0) + 1;
      expect(counts).not.toHaveProperty('UploadPart');
      expect(counts).not.toHaveProperty('PutObject');
      expect(counts).not.toHaveProperty('GetObject');
      return counts;
    },
    async recordOf(name) {
      const index = await openIndex(location);
      const record = index.get(name);
      await index.close();
      return record;
    },
    async writeOldRecord(name) {
      const index = await openIndex(location);
      const { md5Parts: _, ...record } = index.get(name) ?? expect.unreachable('no record');
      await index.put(name, { ...record, md5: md5(content) });
      await index.close();
    },
  };
}

function touch({ source }: Mirror, name: string): void {
  const path = join(source, name);
  const { atimeMs, mtimeMs } = statSync(path);
  utimesSync(path, new Date(atimeMs), new Date(mtimeMs - 60_000));
}

describe.each(['lmdb', 'lowdb'] as const)('an upload in parts, index %s', (format) => {
  test('P2: is recorded with the digest of its part digests, which its ETag says', async () => {
    const mirror = await openMirror(format);
    const record = await mirror.recordOf('film');
    const hex = digestIn(PART, mirror.content);
    expect(record).toMatchObject({ state: 'confirmed', md5: '', md5Parts: hex, partSize: PART });
    expect(record?.etag).toBe(`"${hex}-3"`);
  });

  test.each([
    ['recorded by its parts', false],
    ['recorded by an earlier program, with the MD5 of the whole', true],
  ])('P6: is not sent again when its file is touched, moved, or listed: %s', async (_, isOld) => {
    const mirror = await openMirror(format);
    if (isOld) await mirror.writeOldRecord('film');
    const before = await mirror.recordOf('film');
    expect(before?.md5).toBe(isOld ? md5(mirror.content) : '');

    expect(await mirror.sendsNothing('scan')).not.toHaveProperty('CopyObject');
    expect(await mirror.sendsNothing('--reconcile')).not.toHaveProperty('CopyObject');
    expect(await mirror.recordOf('film')).toEqual(before);

    touch(mirror, 'film');
    expect(await mirror.sendsNothing('scan')).toMatchObject({ CopyObject: 1 }); // the new time

    renameSync(join(mirror.source, 'film'), join(mirror.source, 'moved'));
    expect(await mirror.sendsNothing('scan')).toMatchObject({ CopyObject: 1 });
    expect(await mirror.differences()).toEqual([]);
    expect(await mirror.sendsNothing('--reconcile')).not.toHaveProperty('CopyObject');
  });

  test('P6: keeps its record when only the stat of its file changes, and no metadata is kept', async () => {
    const mirror = await openMirror(format, '    metadata: []\n');
    touch(mirror, 'film');
    expect(await mirror.sendsNothing('scan')).not.toHaveProperty('CopyObject');
    const hex = digestIn(PART, mirror.content);
    expect(await mirror.recordOf('film')).toMatchObject({ md5: '', md5Parts: hex, partSize: PART });
  });
});

test('P1: an upload in parts whose file has other content of the same size is sent', async () => {
  const mirror = await openMirror('lmdb');
  const other = Buffer.from(mirror.content);
  other.writeUInt8(other.readUInt8(SIZE - 1) ^ 1, SIZE - 1);
  writeFileSync(join(mirror.source, 'film'), other);
  const run = await mirror.longshore('scan', '--json');
  expect(summaryOf(run), run.stderr).toMatchObject({ uploaded: 1, failed: 0 });
  expect(await mirror.differences()).toEqual([]);
});

test('P6: uploads in parts are not sent again in parts of another size', async () => {
  const mirror = await openMirror('lmdb', '    metadata: []\n');
  const config = join(mirror.folder, 'longshore.yaml');
  const text = readFileSync(config, 'utf8');
  const larger = text.replace('"6MiB"', '"7MiB","part_size":"8MiB"');
  expect(larger).not.toBe(text);
  writeFileSync(config, larger);
  touch(mirror, 'film');
  await mirror.sendsNothing('scan');
  await mirror.sendsNothing('--reconcile');
  expect((await mirror.recordOf('film'))?.partSize).toBe(PART);
});

test('P2: an upload in parts has the MD5 of the whole where the metadata asks for it, and where a trash is kept', async () => {
  const asked = await openMirror('lmdb', '    metadata: [mtime, md5]\n');
  const whole = md5(asked.content);
  expect(await asked.recordOf('film')).toMatchObject({
    md5: whole,
    md5Parts: digestIn(PART, asked.content),
  });
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const { metaData } = await direct.headObject({ container: asked.container, key: 'film' }, call);
  expect(metaData['md5chksum']).toBe(Buffer.from(whole, 'hex').toString('base64'));

  const kept = await openMirror('lmdb', '    deletes: trash\n');
  expect((await kept.recordOf('film'))?.md5).toBe(md5(kept.content));
  renameSync(join(kept.source, 'film'), join(kept.folder, 'film'));
  writeFileSync(join(kept.source, 'another'), 'so that the source is not empty');
  const before = fake.log.length;
  const run = await kept.longshore('scan', '--json');
  expect(run.code, run.stderr).toBe(0);
  const asks = fake.log.slice(before).filter(({ key }) => key?.includes('film'));
  expect(asks.map(({ operation }) => operation)).toContain('CopyObject');
  expect(asks.map(({ operation }) => operation)).not.toContain('GetObject');
});

test('P10: changed settings of metadata are applied to an upload in parts, whose content is compared', async () => {
  const mirror = await openMirror('lmdb', '    metadata: []\n');
  mirror.writeConfig('    metadata: [mtime, md5]\n');
  expect(await mirror.sendsNothing('--reconcile')).toMatchObject({ CopyObject: 1 });
  expect(await mirror.recordOf('film')).toMatchObject({ md5: md5(mirror.content) });
  expect(await mirror.sendsNothing('--reconcile')).not.toHaveProperty('CopyObject');
});

test('P6: a restore from the container alone proves an object in parts by the index snapshot where its ETag says nothing', async () => {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({
    target: { ...fakeTarget(fake), profile: 'generic', multipart_threshold: '6MiB' },
    direct,
    mirror: '    index_snapshot: 1h\n',
  });
  writeFileSync(join(mirror.source, 'film'), randomContent(SIZE));
  writeFileSync(join(mirror.source, 'letter'), 'small');
  expect((await mirror.longshore('--reconcile')).code).toBe(0);
  rmSync(mirror.state, { recursive: true });
  const restore = async (to: string) => {
    const run = await mirror.longshore('restore', 'documents', '--to', to, '--json');
    return { code: run.code, ...summaryOf(run) };
  };
  expect(await restore('proven')).toMatchObject({ code: 0, restored: 2, unverified: 0 });
  expect(await mirror.differences()).toEqual([]);

  const { store } = fake.rules;
  const objects = store.bucket(mirror.container).objects;
  const snapshot = objects.get('.longshore/index-snapshot') ?? expect.unreachable('no snapshot');
  objects.delete('.longshore/index-snapshot');
  expect(await restore('without')).toMatchObject({ code: 0, restored: 2, unverified: 1 });
  objects.set('.longshore/index-snapshot', snapshot);

  // Other bytes of the same ETag, as a disk that rots has.
  const film = store.object(store.bucket(mirror.container), 'film');
  film.bytes[SIZE - 1] = (film.bytes[SIZE - 1] ?? 0) ^ 1;
  expect(await restore('rotten')).toMatchObject({ code: 3, failed: 1 });
});

test('P6: a verification without a state proves an object in parts by the index snapshot, and finds it damaged', async () => {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({
    target: { ...fakeTarget(fake), profile: 'generic', multipart_threshold: '6MiB' },
    direct,
    mirror: '    index_snapshot: 1h\n',
  });
  writeFileSync(join(mirror.source, 'film'), randomContent(SIZE));
  expect((await mirror.longshore('--reconcile')).code).toBe(0);
  rmSync(mirror.state, { recursive: true });
  const verify = async () => {
    const run = await mirror.longshore('verify', 'documents', '--read-back', 'all', '--json');
    return { code: run.code, ...summaryOf(run) };
  };
  expect(await verify()).toMatchObject({ code: 0, proven: 1, unverified: 0 });

  const { store } = fake.rules;
  const film = store.object(store.bucket(mirror.container), 'film');
  const last = film.bytes[SIZE - 1] ?? 0;
  film.bytes[SIZE - 1] = last ^ 1;
  expect(await verify()).toMatchObject({ code: 5, damaged: 1 });
  film.bytes[SIZE - 1] = last;

  // Something else has replaced it: of that version the snapshot says nothing.
  Object.assign(film, { etag: `"${'0'.repeat(32)}-3"` });
  expect(await verify()).toMatchObject({ code: 0, proven: 0, unverified: 1 });
});
