import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { InvalidObjectNameError, ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import { temporaryFolder } from '../../world/folder.js';
import {
  call,
  contentOf,
  listAll,
  listKeys,
  plain,
  put,
  rejection,
} from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, ref } from './fixture.js';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

it('P10: an object is a plain file with the time and mode of its metadata', async () => {
  const { backend, box } = await openBox();
  await put(backend, ref('a/b.txt'), 'hello', {
    metaData: { mtime: '1700000000.123456789', mode: '100640' },
  });
  const stat = statSync(join(box, 'a/b.txt'), { bigint: true });
  expect(readFileSync(join(box, 'a/b.txt'), 'utf8')).toBe('hello');
  expect(stat.mode & 0o7777n).toBe(0o640n);
  expect(Number(stat.mtimeNs - 1_700_000_000_123_456_789n)).toBeLessThan(1000); // utimes takes a floating-point number
  expect((await backend.headObject(ref('a/b.txt'), call)).metaData).toEqual({
    mtime: '1700000000.123456789',
    mode: '100640',
  });
});

it('a mode: gives no other user our rights, and never takes our own right to read', async () => {
  const { backend, box } = await openBox();
  await put(backend, ref('setuid'), 'x', { metaData: { mode: '104755' } });
  await put(backend, ref('closed'), 'x', { metaData: { mode: '100000' } });
  await put(backend, ref('nonsense'), 'x', { metaData: { mode: 'rwx', mtime: 'yesterday' } });
  expect(statSync(join(box, 'setuid')).mode & 0o7777).toBe(0o755);
  expect(statSync(join(box, 'closed')).mode & 0o7777).toBe(0o400);
  expect((await backend.headObject(ref('nonsense'), call)).metaData).toEqual({
    mode: 'rwx',
    mtime: 'yesterday',
  });
});

it('P10: a file that others put there is an object, without a digest and with what the file system knows', async () => {
  const { backend, box } = await openBox();
  mkdirSync(join(box, 'sub'));
  writeFileSync(join(box, 'sub/foreign'), 'not ours', { mode: 0o644 });
  utimesSync(join(box, 'sub/foreign'), 1_600_000_000.5, 1_600_000_000.5);
  for (const info of [
    await backend.headObject(ref('sub/foreign'), call),
    ...(await listAll(backend, CONTAINER)),
  ]) {
    expect(info).toMatchObject({
      key: 'sub/foreign',
      size: 8,
      checksums: [],
      metaData: { mtime: '1600000000.5', mode: '100644' },
    });
    expect(info.extra).not.toHaveProperty('contentType');
  }
  expect(await contentOf(backend, ref('sub/foreign'))).toBe('not ours');
});

it('P2: a digest: is reported only while the file is unchanged', async () => {
  const changes: Readonly<Record<string, (path: string) => void>> = {
    appended: (path) => appendFileSync(path, '!'),
    'overwritten with as many bytes': (path) => writeFileSync(path, 'HELLO'),
    'overwritten and set back to its time': (path) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, 'HELLO');
      utimesSync(path, atime, mtime);
    },
    replaced: (path) =>
      execFileSync('sh', [
        '-c',
        'printf HELLO > "$1.new" && touch -r "$1" "$1.new" && mv "$1.new" "$1"',
        'sh',
        path,
      ]),
  };
  const { backend, box } = await openBox();
  for (const [key, change] of Object.entries(changes)) {
    const stored = await put(backend, ref(key), 'hello');
    expect(stored.checksums).toEqual([{ algorithm: 'md5', hex: md5('hello') }]);
    expect(await backend.headObject(ref(key), call)).toEqual(stored);
    change(join(box, key));
    const found = [
      await backend.headObject(ref(key), call),
      ...(await listAll(backend, CONTAINER, key)),
    ];
    expect(
      found.map(({ checksums }) => checksums),
      key,
    ).toEqual([[], []]);
    expect(found[0]?.extra['etag']).not.toBe(stored.extra['etag']);
    await backend.deleteObject(ref(key), call);
  }
});

it('local: links, pipes and sockets are no objects, are not followed, and do not disturb a listing', async () => {
  const { backend, box } = await openBox();
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'secret'), 'secret');
  await put(backend, ref('real'), 'x');
  mkdirSync(join(box, 'empty/folders'), { recursive: true });
  symlinkSync(join(outside, 'secret'), join(box, 'link'));
  symlinkSync(outside, join(box, 'linked'));
  symlinkSync('nowhere', join(box, 'dangling'));
  execFileSync('mkfifo', [join(box, 'fifo')]);
  const server = createServer().listen(join(box, 'socket'));
  afterwards(() => void server.close());
  await new Promise((listening) => server.once('listening', listening));
  execFileSync('sh', ['-c', 'printf x > "$1/$(printf "latin\\351")"', 'sh', box]);

  expect(await listKeys(backend, CONTAINER)).toEqual(['real']);
  expect(await listKeys(backend, CONTAINER, 'linked/')).toEqual([]);
  for (const key of [
    'link',
    'linked/secret',
    'dangling',
    'fifo',
    'socket',
    'empty',
    'latin\ufffd',
  ]) {
    expect(await rejection(backend.headObject(ref(key), call)), key).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await rejection(backend.readObject(ref(key), undefined, call)), key).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    await backend.deleteObject(ref(key), call);
  }
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect(readdirSync(box)).toHaveLength(8);
});

it('local: writes nothing through a symbolic link', async () => {
  const { backend, box, root } = await openBox();
  const outside = temporaryFolder();
  symlinkSync(outside, join(box, 'linked'));
  for (const key of ['linked/x', 'linked/deep/x']) {
    const error = await rejection(put(backend, ref(key), 'x'));
    expect(error).toBeInstanceOf(InvalidObjectNameError);
    expect(error.message).toContain('"linked" is a symbolic link');
  }
  symlinkSync(join(outside, 'target'), join(box, 'link'));
  await put(backend, ref('link'), 'takes the place of the link');
  expect(lstatSync(join(box, 'link')).isFile()).toBe(true);
  expect(readdirSync(outside)).toEqual([]);
  symlinkSync(outside, join(root, 'not-a-container'));
  expect((await backend.listContainers({}, call)).items.map(({ name }) => name)).toEqual([
    CONTAINER,
  ]);
  await rejection(
    backend.putObject(
      { container: 'not-a-container', key: 'x' },
      bytesBody(Buffer.from('x')),
      plain,
      call,
    ),
  );
  expect(readdirSync(outside)).toEqual([]);
});

it('local: a copy onto itself changes mode and time of the same file, and keeps its digest', async () => {
  const { backend, box } = await openBox();
  const before = await put(backend, ref('x'), 'content', {
    metaData: { mode: '100644', mtime: '1700000000' },
  });
  const inode = statSync(join(box, 'x')).ino;
  const replace = {
    contentType: 'text/plain',
    metaData: { mode: '100600', mtime: '1600000000.25' },
  };
  const after = await backend.capabilities.copy?.copyObject(ref('x'), ref('x'), replace, call);
  const stat = statSync(join(box, 'x'));
  expect([stat.ino, stat.mode & 0o777, stat.mtimeMs]).toEqual([inode, 0o600, 1_600_000_000_250]);
  expect(after).toMatchObject({ checksums: before.checksums, metaData: replace.metaData });
  expect(await backend.headObject(ref('x'), call)).toEqual(after);
});

it('P2: a copy has the digest of its source only when that is known', async () => {
  const { backend, box } = await openBox();
  const copy = backend.capabilities.copy;
  await put(backend, ref('known'), 'x'.repeat(3_000_000));
  writeFileSync(join(box, 'foreign'), 'y');
  expect(
    (await copy?.copyObject(ref('known'), ref('a/known'), undefined, call))?.checksums,
  ).toEqual([{ algorithm: 'md5', hex: md5('x'.repeat(3_000_000)) }]);
  expect(
    (await copy?.copyObject(ref('foreign'), ref('a/foreign'), undefined, call))?.checksums,
  ).toEqual([]);
  expect(statSync(join(box, 'a/foreign')).mtimeMs).toBeCloseTo(
    statSync(join(box, 'foreign')).mtimeMs,
    2,
  );
});

it('local: the URL of an object leads to its file, whatever its name', async () => {
  const { backend } = await openBox();
  const cdn = backend.capabilities.cdn;
  for (const key of ['a b/c%20d', 'hash#tag?x=y', 'ü/\\back', 'new\nline']) {
    await put(backend, ref(key), key);
    await cdn?.enableObject(ref(key), call);
    const url = await cdn?.objectUrl(ref(key), call);
    expect(readFileSync(fileURLToPath(url ?? ''), 'utf8')).toBe(key);
  }
  expect(await rejection(cdn?.objectUrl(ref('missing'), call) ?? Promise.resolve())).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
});
