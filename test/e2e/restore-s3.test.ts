import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.js';
import { call } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { digest } from '../fakes/s3/request.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import type { Bucket } from '../fakes/s3/store.js';
import { eventually } from '../world/eventually.js';
import { eventsOf, type Finished, isRoot, summaryOf } from '../world/program.js';
import { filesBelow } from '../world/tree.js';
import { openWorkspace, type Workspace } from '../world/workspace.js';

let fake: FakeS3;
let workspace: Workspace;
let bucket: Bucket;
let buckets = 0;

beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());
beforeEach(async () => {
  workspace = openWorkspace('restore');
  const name = `bucket-${buckets++}`;
  const direct = openFake(fake, { addressing: 'path' });
  await direct.createContainer(name, call);
  await direct.close();
  bucket = fake.rules.store.bucket(name);
  fake.log.length = 0;
});

/** Puts an object into the bucket, whatever its name is: no client checks it. */
function put(key: string, content: string, headers: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(content);
  fake.rules.store.add(bucket, key, {
    bytes,
    etag: `"${digest('md5', bytes)}"`,
    headers,
  });
}

/** What restores the bucket with nothing but a command line and the environment. */
function start(...args: string[]) {
  const place = ['--profile', 'aws', '--region', 'us-east-1', '--endpoint', fake.origin];
  const rest = ['-o', 'addressing=path', '--json'];
  const env = { AWS_ACCESS_KEY_ID: ACCOUNT.accessKey, AWS_SECRET_ACCESS_KEY: ACCOUNT.secret };
  const [command = '', ...more] = args;
  return workspace.start([command, `s3:${bucket.name}`, ...more, ...place, ...rest], { env });
}

const restore = (...args: string[]) => start('restore', '--to', 'back', ...args).finished;
const gets = () => fake.log.filter(({ operation }) => operation === 'GetObject');
const problems = (done: Finished) =>
  Object.fromEntries(
    eventsOf(done)
      .filter(({ event }) => event === 'failed')
      .map(({ name, problem }) => [name, problem]),
  );

test('a bucket that other tools filled is restored with their times and modes, by its name alone', async () => {
  put('rclone', 'a', { 'x-amz-meta-mtime': '1600000000.123456789', 'x-amz-meta-mode': '100640' });
  put('s3cmd', 'b', { 'x-amz-meta-s3cmd-attrs': 'gid:0/md5:0/mode:33216/mtime:1500000000/uid:0' });
  put('aws/plain', 'c');
  put('wrong', 'd', { 'x-amz-meta-mtime': 'yesterday' });
  put('folder/', '', { 'x-amz-meta-mtime': '1400000000' });
  put('.longshore/lease.json', '{}');
  const done = await restore();
  expect(done.code, done.stderr).toBe(0);
  expect(summaryOf(done)).toMatchObject({ restored: 4, unverified: 0, failed: 0 });
  expect(done.stderr).toContain('wrong: its metadata "mtime" has no known form');
  const stat = (path: string) => {
    const { mtimeMs, mode } = lstatSync(join(workspace.folder, 'back', path));
    return [mtimeMs, (mode & 0o7777).toString(8)];
  };
  expect(stat('rclone')).toEqual([1_600_000_000_123.456, '640']);
  expect(stat('s3cmd')).toEqual([1_500_000_000_000, '700']);
  expect(stat('folder')[0]).toBe(1_400_000_000_000);
  const stored = fake.rules.store.object(bucket, 'aws/plain').modifiedMs;
  const seconds = Math.floor(stored / 1000); // what Last-Modified has
  expect(stat('aws/plain')[0], 'the time of the object').toBe(seconds * 1000);
  expect(existsSync(join(workspace.folder, 'back/.longshore'))).toBe(false);
});

test('hostile names in a bucket write nothing outside of the folder, and the other objects are restored', async () => {
  const hostile = ['../outside', '/absolute', 'a/../../b', 'c//d', '.', 'x'.repeat(256), 'e/./f'];
  for (const name of hostile) put(name, 'hostile');
  put('back\\..\\slash', 'fine');
  put('fine', 'fine');
  const done = await restore();
  expect(done.code).toBe(3);
  expect(problems(done)).toEqual(Object.fromEntries(hostile.map((name) => [name, 'name'])));
  expect(filesBelow(workspace.folder)).toEqual(['back/back\\..\\slash', 'back/fine']);
  expect(existsSync('/absolute')).toBe(false);
});

test('objects that cannot be read are listed with their reasons, and the rest is restored', async () => {
  put('archived', 'cold', { 'x-amz-storage-class': 'DEEP_ARCHIVE' });
  put('denied', 'secret');
  put('vanished', 'gone');
  put('damaged', 'content');
  put('fine', 'fine');
  const refuse = (status: number, code: string) => ({ kind: 'refuse', status, code }) as const;
  fake.faults.always('HeadObject', refuse(404, 'NoSuchKey'), (key) => key === 'vanished');
  const faults = {
    archived: refuse(403, 'InvalidObjectState'),
    denied: refuse(403, 'AccessDenied'),
    damaged: { kind: 'corrupt' } as const,
  };
  try {
    const seen: Record<string, unknown> = {};
    for (const [name, fault] of Object.entries(faults)) {
      fake.faults.always('GetObject', fault, (key) => key === name);
      Object.assign(seen, problems(await restore(name, 'fine')));
    }
    expect(seen).toEqual({ archived: 'archived', denied: 'access-denied', damaged: 'damaged' });
    const vanished = await restore('vanished');
    expect(problems(vanished)).toEqual({ vanished: 'vanished' });
    expect(vanished.code).toBe(3);
  } finally {
    fake.faults.always('GetObject', undefined);
    fake.faults.always('HeadObject', undefined);
  }
  expect(readdirSync(join(workspace.folder, 'back'))).toEqual(['fine']);
});

test('of many small objects each that cannot be restored is listed with its reason, and the others are restored', async () => {
  const class_ = (name: string) => ({ 'x-amz-storage-class': name });
  put('archived', 'cold', class_('GLACIER'));
  put('deep', 'colder', class_('DEEP_ARCHIVE'));
  for (const name of ['blocked/in', 'damaged', 'denied', 'there', 'vanished']) put(name, name);
  put('odd', 'odd', {
    'x-amz-meta-mtime': '1e300',
    'x-amz-meta-mode': 'rw',
    'x-amz-meta-uid': '-1',
  });
  const fine = Array.from({ length: 40 }, (_, at) => `fine/${at + 10}`);
  for (const name of fine) put(name, `content of ${name}`, { 'x-amz-meta-mtime': '1500000000.5' });
  const back = join(workspace.folder, 'back');
  const begin = () => {
    rmSync(back, { recursive: true, force: true });
    mkdirSync(back);
    for (const name of ['blocked', 'there']) writeFileSync(join(back, name), 'mine');
  };
  const refuse = (status: number, code: string) => ({ kind: 'refuse', status, code }) as const;
  const isIn = (...names: string[]) => ({ test: (key: string) => names.includes(key) });
  const faults = [
    [refuse(403, 'InvalidObjectState'), isIn('archived', 'deep')],
    [refuse(403, 'AccessDenied'), isIn('denied')],
    [{ kind: 'corrupt' }, isIn('damaged')],
  ] as const;
  const vanishing = (key: string) => {
    if (key === 'vanished') bucket.objects.delete(key);
    return false;
  };
  const seen: Record<string, unknown> = {};
  try {
    for (const [fault, { test: isMeant }] of faults) {
      begin();
      fake.faults.always('GetObject', fault, (key) => vanishing(key) || isMeant(key));
      const done = await restore();
      expect(done.code).toBe(3);
      for (const [name, problem] of Object.entries(problems(done)))
        if (isMeant(name) || ['blocked/in', 'there', 'vanished'].includes(name))
          seen[name] = problem;
      if (isMeant('deep')) expect(done.stderr).toContain('aws s3api restore-object');
      if (isMeant('deep'))
        expect(done.stderr).toContain('odd: its metadata "mtime" has no known form');
      for (const name of ['archived', 'deep', 'denied', 'damaged'])
        if (isMeant(name)) expect(existsSync(join(back, name)), name).toBe(false);
    }
  } finally {
    fake.faults.always('GetObject', undefined);
  }
  expect(seen).toEqual({
    ...{ archived: 'archived', deep: 'archived', denied: 'access-denied', damaged: 'damaged' },
    ...{ 'blocked/in': 'blocked', there: 'exists', vanished: 'vanished' },
  });
  for (const name of fine)
    expect(readFileSync(join(back, name), 'utf8')).toBe(`content of ${name}`);
  expect(lstatSync(join(back, 'fine/10')).mtimeMs).toBe(1_500_000_000_500);
  expect(readdirSync(back).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('many small objects cost one request each, beside the listing', async () => {
  const names = Array.from({ length: 50 }, (_, at) => `folder/${at}`);
  for (const name of names) put(name, name, { 'x-amz-meta-mtime': '1500000000' });
  const done = await restore();
  expect(summaryOf(done)).toMatchObject({ restored: 50, unverified: 0 });
  expect(gets()).toHaveLength(50);
  expect(fake.log.filter(({ operation }) => operation === 'HeadObject')).toEqual([]);
  fake.log.length = 0;
  expect(summaryOf(await restore())).toMatchObject({ restored: 0, unchanged: 50 });
  expect(gets(), 'what is there is not loaded again').toEqual([]);
});

test.runIf(isRoot)(
  'many small objects on a full disk: each is whole or not there, and room makes the same command finish',
  async () => {
    const names = Array.from({ length: 60 }, (_, at) => `f/${at + 10}`);
    for (const name of names) put(name, name.repeat(10_000));
    const back = join(workspace.folder, 'back');
    mkdirSync(back);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', back]);
    onTestFinished(() => void spawnSync('umount', ['--lazy', back]));
    const full = await restore();
    expect(full.code).toBe(3);
    const reasons = Object.values(problems(full));
    expect(new Set(reasons)).toEqual(new Set(['no-space']));
    const left = readdirSync(join(back, 'f'));
    expect(left.length + reasons.length).toBe(names.length);
    for (const name of left)
      expect(readFileSync(join(back, 'f', name), 'utf8')).toBe(`f/${name}`.repeat(10_000));
    expect(readdirSync(back)).toEqual(['f']);
    execFileSync('mount', ['-o', 'remount,size=20m', back]);
    const done = await restore();
    expect(summaryOf(done)).toMatchObject({ failed: 0, unchanged: left.length });
    expect(done.code, done.stderr).toBe(0);
  },
);

test('credentials that may not list fail the restore at once, with the reason', async () => {
  put('file', 'content');
  fake.faults.always('ListObjects', { kind: 'refuse', status: 403, code: 'AccessDenied' });
  const done = await restore().finally(() => fake.faults.always('ListObjects', undefined));
  expect(done.code, done.stderr).toBe(EXIT.TARGET_REFUSES);
  expect(done.stderr).toMatch(/list/);
  expect(gets()).toEqual([]);
});

test('a clock that is far off keeps nothing from being restored', async () => {
  for (let at = 0; at < 20; at += 1) put(`folder/${at}`, `${at}`);
  fake.rules.skewMs = 40 * 24 * 3_600_000;
  const done = await restore().finally(() => {
    fake.rules.skewMs = 0;
  });
  expect(done.code, done.stderr).toBe(0);
  expect(summaryOf(done)).toMatchObject({ restored: 20, failed: 0 });
});

test('bytes that change on their way, and a connection that breaks off, cost another reading and nothing else', async () => {
  put('file', 'x'.repeat(200_000));
  fake.faults.next('GetObject', { kind: 'corrupt' });
  fake.faults.next('GetObject', { kind: 'truncate', afterBytes: 100_000 });
  const done = await restore();
  expect(done.code, done.stderr).toBe(0);
  expect(readFileSync(join(workspace.folder, 'back/file'), 'utf8')).toBe('x'.repeat(200_000));
  fake.faults.assertUsedUp();
  expect(gets().at(-1)?.headers['range'], 'goes on where it broke off').toMatch(/^bytes=[1-9]/);
});

test('an object that is replaced while it is restored comes back as one version, with its own time, and is named', async () => {
  const version = (content: string, mtime: string) => ({
    bytes: Buffer.from(content),
    etag: `"${content.slice(0, 3)}-1"`, // no digest: only the ETag differs from version to version
    headers: { 'x-amz-meta-mtime': mtime },
  });
  const { store } = fake.rules;
  store.add(bucket, 'replaced', version('old content', '1500000000'));
  put('restless', 'never the same');
  put('fine', 'fine');
  const seen: string[] = [];
  const replace = (key: string) => {
    if (key === 'replaced' && !seen.includes(key))
      store.add(bucket, key, version('new content', '1600000000'));
    if (key === 'restless') put(key, `never the same ${seen.length}`);
    seen.push(key);
    return false;
  };
  fake.faults.always('GetObject', { kind: 'corrupt' }, replace);
  const done = await restore().finally(() => fake.faults.always('GetObject', undefined));
  expect(problems(done)).toEqual({ restless: 'changed' });
  expect(done.code).toBe(3);
  const back = join(workspace.folder, 'back');
  expect(readFileSync(join(back, 'replaced'), 'utf8')).toBe('new content');
  expect(lstatSync(join(back, 'replaced')).mtimeMs).toBe(1_600_000_000_000);
  expect(done.stderr).toContain('replaced: it was replaced while it was restored');
  expect(readdirSync(back).sort()).toEqual(['fine', 'replaced']);
});

/** More than two ranges of 8 MiB, with a hole in the middle and an end that is in no block. */
function largeContent(): Buffer {
  const content = randomBytes(20 * 2 ** 20 + 77);
  content.fill(0, 9 * 2 ** 20, 10 * 2 ** 20);
  return content;
}

function putLarge(key: string, content: Buffer): void {
  const etag = `"${digest('md5', content)}"`;
  fake.rules.store.add(bucket, key, { bytes: content, etag, headers: {} });
}

test('a large object comes in ranges that are its content once, past breaks and changed bytes, and with its holes', async () => {
  const content = largeContent();
  putLarge('large', content);
  const path = join(workspace.folder, 'back/large');
  const restored = async () => {
    rmSync(path, { force: true });
    fake.log.length = 0;
    const done = await restore();
    expect(done.code, done.stderr).toBe(0);
    expect(readFileSync(path).equals(content)).toBe(true);
    const ranges = gets().map(({ headers }) => headers['range'] ?? 'all');
    return ranges.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  };
  // Even shares, of whole blocks, none larger than the 4 MiB of memory that a range may have.
  const shares = Math.ceil(content.length / (4 * 1024 * 1024));
  const share = Math.ceil(content.length / shares / 4096) * 4096;
  const whole = Array.from(
    { length: shares },
    (_, at) => `bytes=${at * share}-${Math.min((at + 1) * share, content.length) - 1}`,
  );
  expect(await restored()).toEqual(whole.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)));
  expect(lstatSync(path).blocks * 512).toBeLessThan(content.length - 900_000);
  fake.faults.next('GetObject', { kind: 'truncate', afterBytes: 1_000_000 });
  expect(await restored(), 'one goes on where it broke off').toHaveLength(shares + 1);
  fake.faults.next('GetObject', { kind: 'corrupt' });
  expect(await restored(), 'all of it is loaded once more').toHaveLength(2 * shares);
  fake.faults.assertUsedUp();
});

test('a large object that is replaced between its ranges comes back as one version', async () => {
  const [old, young] = [largeContent(), largeContent()];
  putLarge('large', old);
  let reads = 0;
  const replace = () => {
    reads += 1;
    if (reads === 2) putLarge('large', young);
    return false;
  };
  fake.faults.always('GetObject', { kind: 'corrupt' }, replace);
  const done = await restore().finally(() => fake.faults.always('GetObject', undefined));
  expect(done.code, done.stderr).toBe(0);
  expect(readFileSync(join(workspace.folder, 'back/large')).equals(young)).toBe(true);
  expect(done.stderr).toContain('large: it was replaced while it was restored');
});

test.runIf(isRoot)(
  'a large object for which the disk has no room is reported, and leaves nothing',
  async () => {
    putLarge('large', largeContent());
    put('small', 'fine');
    const back = join(workspace.folder, 'back');
    mkdirSync(back);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', back]);
    onTestFinished(() => void spawnSync('umount', ['--lazy', back]));
    const full = await restore();
    expect(problems(full)).toEqual({ large: 'no-space' });
    expect(readdirSync(back)).toEqual(['small']);
  },
);

test('P5: a restore that was killed goes on where it was, and leaves nothing unfinished behind', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `folder/${String(i).padStart(3, '0')}`);
  for (const name of names) put(name, `content of ${name}`);
  const finishes = (key: string) => key < 'folder/030';
  fake.faults.always('GetObject', { kind: 'stall-body', afterBytes: 5 }, (key) => !finishes(key));
  const killed = start('restore', '--to', 'back');
  const folder = join(workspace.folder, 'back/folder');
  await eventually(() =>
    expect(readdirSync(folder)).toEqual(names.filter(finishes).map((name) => name.slice(7))),
  );
  killed.kill('SIGKILL');
  await killed.finished;
  fake.faults.always('GetObject', undefined);
  fake.log.length = 0;
  const done = await restore();
  expect(done.code, done.stderr).toBe(0);
  expect(summaryOf(done)).toMatchObject({ restored: 30, unchanged: 30 });
  expect(
    gets()
      .map(({ key }) => key)
      .sort(),
  ).toEqual(names.filter((name) => !finishes(name)));
  expect(readdirSync(join(workspace.folder, 'back'))).toEqual(['folder']);
});

test('a bucket with versions is restored as it was at a time', async () => {
  bucket.versioned = true;
  const { store } = fake.rules;
  put('changed', 'first', { 'x-amz-meta-mtime': '1500000000' });
  put('deleted', 'gone');
  put('kept', 'kept');
  const atMs = Math.max(...store.keys(bucket).map((key) => store.object(bucket, key).modifiedMs));
  while (Date.now() <= atMs);
  put('changed', 'second', { 'x-amz-meta-mtime': '1600000000' });
  put('new', 'new');
  store.add(bucket, 'deleted', {
    bytes: Buffer.alloc(0),
    etag: '',
    headers: {},
    isDeleteMarker: true,
  });
  const done = await restore('--at', new Date(atMs).toISOString());
  expect(done.code, done.stderr).toBe(0);
  const back = join(workspace.folder, 'back');
  expect(filesBelow(back).map((path) => readFileSync(join(back, path), 'utf8'))).toEqual([
    'first',
    'gone',
    'kept',
  ]);
  expect(lstatSync(join(back, 'changed')).mtimeMs).toBe(1_500_000_000_000);
});

test('a bucket without versions is restored as it was at a time, with files that were only renamed since under their new names', async () => {
  const { store } = fake.rules;
  put('kept', 'kept');
  const atMs = Math.max(...store.keys(bucket).map((key) => store.object(bucket, key).modifiedMs));
  while (Date.now() <= atMs);
  put('new name', 'renamed', { 'x-amz-meta-mtime': '1500000000' });
  put('new', 'new', { 'x-amz-meta-mtime': String(Date.now() / 1000 + 1) });
  put('of an unknown time', 'new');
  const done = await restore('--at', new Date(atMs).toISOString());
  expect(done.code, done.stderr).toBe(0);
  expect(filesBelow(join(workspace.folder, 'back'))).toEqual(['kept', 'new name']);
});
