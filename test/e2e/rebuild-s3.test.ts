import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openIndex } from '../../src/state/open-index.js';
import { randomContent } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

const MIB = 2 ** 20;
const SNAPSHOT = '.longshore/index-snapshot';
const isSnapshot = (key: string) => key === SNAPSHOT;

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());
beforeEach(() => {
  for (const operation of ['PutObject', 'GetObject'] as const)
    fake.faults.always(operation, undefined);
});

/** A mirror of small files and one that goes in parts. */
async function openMirrored(files: number, settings: object = {}): Promise<RemoteMirror> {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({
    target: { ...fakeTarget(fake), multipart_threshold: '6MiB', ...settings },
    direct,
    mirror: '    index_snapshot: 1h\n',
  });
  for (let at = 0; at < files; at += 1) mirror.write(`folder/f${at}`, `content ${at}`);
  writeFileSync(join(mirror.source, 'film'), randomContent(11 * MIB));
  const first = await mirror.longshore('--reconcile');
  expect(first.code, first.stderr).toBe(0);
  return mirror;
}

function classOf(container: string, key: string): string | undefined {
  const { store } = fake.rules;
  return store.find(store.bucket(container), key)?.headers['x-amz-storage-class'];
}

/** As a lifecycle rule does. */
function archive(container: string, key: string): void {
  const { store } = fake.rules;
  Object.assign(store.object(store.bucket(container), key).headers, {
    'x-amz-storage-class': 'GLACIER',
  });
}

function loseDisk({ source, state }: RemoteMirror): void {
  rmSync(state, { recursive: true });
  execFileSync('cp', ['-a', source, `${source}-copy`]);
  renameSync(source, `${source}-before`);
  renameSync(`${source}-copy`, source);
}

/** How often each operation was asked for about objects of files. */
function askedSince(before: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation, key } of fake.log.slice(before))
    if (key !== undefined && !key.startsWith('.longshore/'))
      counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

async function rebuild(mirror: RemoteMirror) {
  const rebuilt = await mirror.longshore('rebuild', 'documents', '--json');
  expect(rebuilt.code, rebuilt.stderr).toBe(0);
  return { ...rebuilt, summary: summaryOf(rebuilt) };
}

/** Starts a command, kills it while it waits for an answer about the snapshot, and lets the fake answer again. */
async function killAt(
  mirror: RemoteMirror,
  operation: 'PutObject' | 'GetObject',
  args: readonly string[],
): Promise<void> {
  const isSending = operation === 'PutObject';
  fake.faults.always(
    operation,
    isSending ? { kind: 'stall' } : { kind: 'stall-body', afterBytes: 100 },
    isSnapshot,
  );
  const program = mirror.start(...args);
  await eventually(() => {
    // The file that is sent, or that is written to.
    expect(leftIn(mirror), program.stderr()).toHaveLength(1);
    expect(program.stderr().includes('run finished')).toBe(isSending);
  });
  program.kill('SIGKILL');
  await program.finished;
  fake.faults.always(operation, undefined);
}

/** Files that a snapshot left in the state folder. */
function leftIn({ index }: RemoteMirror): readonly string[] {
  const names = existsSync(dirname(index)) ? readdirSync(dirname(index)) : [];
  return names.filter((name) => name.startsWith('index-snapshot'));
}

describe('longshore rebuild over S3', () => {
  test('P6: neither sends, reads nor asks for a single object, in one piece or in parts', async () => {
    const mirror = await openMirrored(40);
    const location = { engine: 'lmdb', folder: dirname(mirror.index) } as const;
    const recordOf = async () => {
      const index = await openIndex(location);
      const { md5, md5Parts, partSize, etag } = index.get('film') ?? expect.unreachable();
      await index.close();
      return { md5, md5Parts, partSize, etag };
    };
    const record = await recordOf();
    expect(record).toMatchObject({ md5: '', partSize: 5 * MIB });
    loseDisk(mirror);
    const before = fake.log.length;
    const { summary } = await rebuild(mirror);
    expect(summary).toMatchObject({ uploaded: 0, adopted: 0, unchanged: 41, bytes: 0 });
    expect(askedSince(before)).toEqual({});
    expect(await recordOf()).toEqual(record);
    expect(await mirror.differences()).toEqual([]);
  });

  test('P6: works beside objects in an archive class, and says so when a rule archived the former snapshot', async () => {
    const mirror = await openMirrored(5, { storage_class: 'GLACIER' });
    const { objects } = fake.rules.store.bucket(mirror.container);
    const archived = () =>
      [...objects.keys()].filter((key) => classOf(mirror.container, key) === 'GLACIER');
    expect(archived().sort()).toEqual([...(await mirror.objects()).keys()].sort());
    fake.faults.always(
      'GetObject',
      { kind: 'refuse', status: 403, code: 'InvalidObjectState' },
      (key) => archived().includes(key),
    );
    loseDisk(mirror);
    const { summary } = await rebuild(mirror);
    expect(summary).toMatchObject({ uploaded: 0, adopted: 0, unchanged: 6, bytes: 0 });

    archive(mirror.container, SNAPSHOT);
    rmSync(mirror.state, { recursive: true });
    const again = await mirror.longshore('--reconcile');
    expect(again.stderr).toContain('index snapshot not used');
    expect(again.stderr).toContain('the former index snapshot was archived');
    expect(classOf(mirror.container, SNAPSHOT)).toBeUndefined();
  });

  test('P6: compares an object in parts by its parts where there is no snapshot', async () => {
    const mirror = await openMirrored(5);
    mirror.writeConfig('    index_snapshot: off\n');
    loseDisk(mirror);
    const before = fake.log.length;
    const { summary } = await rebuild(mirror);
    expect(summary).toMatchObject({ uploaded: 0, adopted: 6, bytes: 0 });
    const asked = askedSince(before);
    for (const operation of ['PutObject', 'UploadPart', 'GetObject', 'CopyObject'])
      expect(asked).not.toHaveProperty(operation);
    const again = await mirror.longshore('reconcile', '--json');
    expect(summaryOf(again)).toMatchObject({ uploaded: 0, adopted: 0, unchanged: 6 });
  });

  test('P5: goes on where it was killed while it read the snapshot', async () => {
    const mirror = await openMirrored(20);
    loseDisk(mirror);
    await killAt(mirror, 'GetObject', ['rebuild', 'documents']);
    expect(leftIn(mirror)).toHaveLength(1);
    const before = fake.log.length;
    const { summary, stderr } = await rebuild(mirror);
    expect(stderr).toMatch(/index snapshot taken back .*taken=21/);
    expect(summary).toMatchObject({ uploaded: 0, adopted: 0, unchanged: 21, bytes: 0 });
    expect(askedSince(before)).toEqual({});
    expect(leftIn(mirror)).toEqual([]);
  });
});

describe('index snapshot over S3', () => {
  test('P5: the former one stays where the program was killed while it sent another', async () => {
    const mirror = await openMirrored(20);
    const former = snapshotsIn(mirror);
    expect(former).toHaveLength(1);
    rmSync(mirror.state, { recursive: true });
    await killAt(mirror, 'PutObject', ['rebuild', 'documents']);
    expect(snapshotsIn(mirror)).toEqual(former);
    loseDisk(mirror);
    const { stderr, summary } = await rebuild(mirror);
    expect(stderr).toMatch(/index snapshot taken back .*taken=21/);
    expect(stderr).toContain('index snapshot written');
    expect(summary).toMatchObject({ uploaded: 0, adopted: 0, unchanged: 21, bytes: 0 });
    expect(snapshotsIn(mirror)).not.toEqual(former);
    expect(leftIn(mirror)).toEqual([]);
  });

  test('P8: a run succeeds although its snapshot is refused, and the log says so', async () => {
    const mirror = await openMirrored(5);
    rmSync(mirror.ledger);
    fake.faults.always(
      'PutObject',
      { kind: 'refuse', status: 403, code: 'AccessDenied' },
      isSnapshot,
    );
    const run = await mirror.longshore('reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr.match(/index snapshot not written/g)).toHaveLength(1);
  });

  test('replaces the former version in a container that keeps versions', async () => {
    const mirror = await openMirrored(5);
    const bucket = fake.rules.store.buckets.get(mirror.container) ?? expect.unreachable();
    bucket.versioned = true;
    const kept: (readonly string[])[] = [];
    for (let times = 0; times < 3; times += 1) {
      rmSync(mirror.ledger);
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      kept.push(snapshotsIn(mirror));
    }
    expect(new Set(kept.map((etags) => etags.at(-1))).size).toBe(3);
    expect(kept.map(({ length }) => length)).toEqual([2, 2, 2]); // one is from before it kept versions
  });
});

/** The ETags of all that the fake keeps under the snapshot's name. */
function snapshotsIn(mirror: RemoteMirror): readonly string[] {
  const bucket = fake.rules.store.buckets.get(mirror.container);
  return bucket?.objects.get(SNAPSHOT)?.map(({ etag }) => etag) ?? [];
}
