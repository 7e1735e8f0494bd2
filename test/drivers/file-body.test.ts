import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  ObjectDoesNotExistError,
  ObjectError,
  SourceChangedError,
} from '../../src/drivers/errors.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { temporaryFolder } from '../world/folder.js';
import { call, randomContent, readAll, rejection } from './conformance/fixture.js';
import { ref, rig } from './multipart-fixture.js';

const options = { ref: { container: 'c', key: 'k' }, driver: 'test' };
const LARGE = 3 * 1024 * 1024 + 17;
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

async function file(size: number): Promise<{ path: string; content: Buffer }> {
  const path = join(folder, 'file');
  const content = randomContent(size);
  await writeFile(path, content);
  return { path, content };
}

test('file body: holds a small file in memory, and reads a large one each time it is opened', async () => {
  const small = await file(1024 * 1024);
  expect((await fileBody(small.path, options)).bytes?.byteLength).toBe(small.content.byteLength);
  const large = await file(LARGE);
  const body = await fileBody(large.path, options);
  expect(body).toMatchObject({ size: LARGE, replayable: true });
  for (let round = 0; round < 2; round += 1)
    expect((await readAll(body.open())).equals(large.content)).toBe(true);
});

test('file body: a slice of a large file has its bytes, and can be sliced again', async () => {
  const { path, content } = await file(LARGE);
  const slice = (await fileBody(path, options)).slice!(100, 2_000_100);
  expect(slice.size).toBe(2_000_000);
  expect((await readAll(slice.open())).equals(content.subarray(100, 2_000_100))).toBe(true);
  const inner = slice.slice!(5, 10);
  expect((await readAll(inner.open())).equals(content.subarray(105, 110))).toBe(true);
  expect(slice.slice!(1_999_999, 5_000_000).size).toBe(1);
});

const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
  grows: (path) => appendFile(path, 'x'),
  'is truncated': (path) => truncate(path, 2 * 1024 * 1024),
  'is overwritten in place': async (path) => writeFile(path, randomContent(LARGE), { flag: 'r+' }),
  'is replaced by another': async (path) => {
    await writeFile(`${path}.new`, randomContent(LARGE));
    await rename(`${path}.new`, path);
  },
  'has its times set': (path) => utimes(path, 1, 1),
};
for (const [what, change] of Object.entries(changes)) {
  test(`P3: file body: a file that ${what} before it is opened gives no byte`, async () => {
    const { path } = await file(LARGE);
    const body = await fileBody(path, options);
    await change(path);
    const given: number[] = [];
    const reading = (async () => {
      for await (const chunk of body.open()) given.push(chunk.byteLength);
    })();
    expect(await rejection(reading)).toBeInstanceOf(SourceChangedError);
    expect(given).toEqual([]);
  });

  if (what === 'is replaced by another') continue; // the open file is still the old one, whole
  test(`P3: file body: a file that ${what} while it is read never gives its last byte`, async () => {
    const { path } = await file(LARGE);
    const body = await fileBody(path, options);
    let given = 0;
    const reading = (async () => {
      for await (const chunk of body.open()) {
        if (given === 0) await change(path);
        given += chunk.byteLength;
      }
    })();
    expect(await rejection(reading)).toMatchObject({
      name: 'SourceChangedError',
      objectName: 'k',
      retry: 'never',
    });
    expect(given).toBeLessThan(LARGE);
  });
}

test('P3: file body: refuses a file of another version than the expected one, small or large', async () => {
  for (const size of [10, LARGE]) {
    const { path } = await file(size);
    const { mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
    const expected = { size, mtimeNs, ctimeNs, inode: ino };
    expect((await fileBody(path, { ...options, expected })).size).toBe(size);
    for (const other of [
      { size: size + 1 },
      { mtimeNs: mtimeNs + 1n },
      { ctimeNs: ctimeNs + 1n },
      { inode: ino + 1n },
    ]) {
      expect(
        await rejection(fileBody(path, { ...options, expected: { ...expected, ...other } })),
      ).toBeInstanceOf(SourceChangedError);
    }
  }
});

test('file body: follows a symbolic link only where links are followed', async () => {
  const { path } = await file(10);
  await symlink(path, join(folder, 'link'));
  expect((await fileBody(join(folder, 'link'), options)).size).toBe(10);
  expect(
    await rejection(fileBody(join(folder, 'link'), { ...options, follow: false })),
  ).toBeInstanceOf(SourceChangedError);
});

test('file body: refuses a missing path, a folder and a FIFO before it reads', async () => {
  await mkdir(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  expect(await rejection(fileBody(join(folder, 'none'), options))).toMatchObject({
    code: 'ENOENT',
  });
  for (const name of ['folder', 'fifo'])
    expect(await rejection(fileBody(join(folder, name), options))).toBeInstanceOf(ObjectError);
});

test('P3: a file that changes once its last part was read is not stored, and leaves no parts', async () => {
  const { path, content } = await file(LARGE);
  const { send, memory, unfinished } = await rig();
  const parts = 4;
  const partSize = Math.ceil(content.byteLength / parts);
  const body = await fileBody(path, { ...options, ref });
  const multipart = memory.capabilities.multipart!;
  const sent = send(
    body,
    { partSize },
    {
      ...memory,
      capabilities: {
        ...memory.capabilities,
        multipart: {
          ...multipart,
          async uploadPart(token, number, ...rest) {
            const part = await multipart.uploadPart(token, number, ...rest);
            if (number === parts) await writeFile(path, randomContent(content.byteLength));
            return part;
          },
        },
      },
    },
  );
  expect(await rejection(sent)).toBeInstanceOf(SourceChangedError);
  expect(await rejection(memory.headObject(ref, call))).toBeInstanceOf(ObjectDoesNotExistError);
  expect(await unfinished()).toEqual([]);
});
