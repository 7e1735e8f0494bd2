import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import {
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
} from '../../src/drivers/errors.js';
import type { MemoryOptions } from '../../src/drivers/memory/backend.js';
import type { Container } from '../../src/drivers/objects.js';
import { createDriver } from '../../src/drivers/storage.js';
import type { Faults } from '../fakes/faulty-backend.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { put, readAll, rejection } from './conformance/fixture.js';
import { chunks, openStorage } from './storage-fixture.js';
import { watchSyncs } from './synced-folders.js';

let folder: string;
let memory: Backend;
let faults: Faults;
let container: Container;

async function open(options: MemoryOptions = {}) {
  ({ memory, faults, container } = await openStorage(options));
}

beforeEach(async () => {
  folder = createFolder();
  await open();
});
afterEach(async () => {
  faults.assertUsedUp();
  removeFolder(folder);
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const store = (name: string, content = 'content') =>
  container.uploadObjectViaStream(chunks(content), name);

describe('downloads', () => {
  test('write the file beside its place and move it there', async () => {
    const object = await store('a');
    const destination = join(folder, 'down');
    const seen: string[][] = [];
    const readObject = memory.readObject;
    const watched = createDriver({
      ...memory,
      async readObject(...args) {
        const source = await readObject(...args);
        return (async function* () {
          for await (const chunk of source) {
            yield chunk;
            seen.push(await readdir(folder));
          }
        })();
      },
    });
    expect(await watched.downloadObject(object, destination)).toBe(true);
    expect(seen).toEqual([[expect.stringMatching(/^\.longshore-.*\.part$/)]]);
    expect(await readdir(folder)).toEqual(['down']);
    expect(await readFile(destination, 'utf8')).toBe('content');
  });

  test('P5: when it has ended, its name is on the disk, and those of the folders that were made for it', async () => {
    const synced = await watchSyncs();
    const object = await store('a/b/c');
    await object.download(folder);
    expect(synced).toEqual(
      new Map([
        [folder, ['a']],
        [join(folder, 'a'), ['b']],
        [join(folder, 'a/b'), ['c']],
      ]),
    );
    await object.download(join(folder, 'other'));
    expect(synced.get(folder)).toEqual(['a', 'other']);
  });

  test('an existing file is an error, unless it may be replaced; nothing is asked of the provider before', async () => {
    const object = await store('a');
    const destination = await file('down', 'precious');
    const asked = faults.calls.length;
    const error = await rejection(object.download(destination));
    expect(error).toBeInstanceOf(ObjectError);
    expect(error.message).toBe(
      `object "a" was not downloaded: "${destination}" exists already and overwriteExisting is false`,
    );
    expect(faults.calls.slice(asked)).toEqual([]);
    expect(await readFile(destination, 'utf8')).toBe('precious');
    await object.download(destination, { overwriteExisting: true });
    expect(await readFile(destination, 'utf8')).toBe('content');
  });

  test('a file that comes while the download runs is not replaced either', async () => {
    const object = await store('a');
    const destination = join(folder, 'down');
    const readObject = memory.readObject;
    const slow = createDriver({
      ...memory,
      async readObject(...args) {
        await writeFile(destination, 'precious');
        return readObject(...args);
      },
    });
    expect((await rejection(slow.downloadObject(object, destination))).message).toContain(
      'exists already',
    );
    expect(await readFile(destination, 'utf8')).toBe('precious');
    expect(await readdir(folder)).toEqual(['down']);
  });

  test('P2: too few bytes, or others, are an error and leave what was there', async () => {
    const object = await store('a');
    const destination = await file('down', 'precious');
    faults.next('readObject', { cutAfter: 3 });
    const short = await rejection(object.download(destination, { overwriteExisting: true }));
    expect(short.message).toContain('gave 3 of the 7 bytes expected');
    await put(memory, { container: 'photos', key: 'a' }, 'CONTENT');
    const other = await rejection(object.download(destination, { overwriteExisting: true }));
    expect(other).toBeInstanceOf(ObjectHashMismatchError);
    await put(memory, { container: 'photos', key: 'a' }, 'content and more');
    expect((await rejection(readAll(object.asStream()))).message).toContain(
      'gave more than the 7 bytes expected',
    );
    expect(await readFile(destination, 'utf8')).toBe('precious');
    expect(await readdir(folder)).toEqual(['down']);
  });

  test('what arrived is kept as DESTINATION.part when that is asked for', async () => {
    const object = await store('a');
    faults.next('readObject', { cutAfter: 3 });
    await rejection(object.download(join(folder, 'down'), { deleteOnFailure: false }));
    expect(await readdir(folder)).toEqual(['down.part']);
    expect(await readFile(join(folder, 'down.part'), 'utf8')).toBe('con');
  });

  test('a missing object is ObjectDoesNotExistError and leaves nothing', async () => {
    const object = await store('a');
    await object.delete();
    expect(await rejection(object.download(join(folder, 'down')))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test("a folder takes the object's own name below it, with folders that are missing", async () => {
    await mkdir(join(folder, 'to'));
    await (await store('deep/down/object')).download(`${join(folder, 'to')}/`);
    await (await store('other')).download(join(folder, 'to'));
    expect(await readFile(join(folder, 'to/deep/down/object'), 'utf8')).toBe('content');
    expect(await readFile(join(folder, 'to/other'), 'utf8')).toBe('content');
  });

  test('a folder that is not there is said to be missing', async () => {
    const error = await rejection((await store('a')).download(`${join(folder, 'none')}/`));
    expect(error.message).toContain('does not exist; create the folder first');
  });

  test('nothing is written outside a folder, whatever the object is called', async () => {
    await mkdir(join(folder, 'to'));
    for (const name of ['../out', 'a/../../out', '..', 'a/..', '.', 'a/', 'nul\0']) {
      const object = await store(name);
      const error = await rejection(object.download(join(folder, 'to')));
      expect(error.message, JSON.stringify(name)).toContain(
        'its name is not one that a file below a folder can have',
      );
    }
    await (await store('/absolute')).download(join(folder, 'to'));
    expect(await readdir(folder)).toEqual(['to']);
    expect(await readdir(join(folder, 'to'))).toEqual(['absolute']);
  });

  test('nothing is written outside a folder through a symbolic link in it', async () => {
    await mkdir(join(folder, 'to'));
    await mkdir(join(folder, 'outside'));
    await symlink(join(folder, 'outside'), join(folder, 'to', 'link'));
    for (const name of ['link/object', 'link/deeper/object']) {
      expect((await rejection((await store(name)).download(join(folder, 'to')))).message).toContain(
        'by a symbolic link',
      );
    }
    expect(await readdir(join(folder, 'outside'))).toEqual([]);
  });

  test('ranges go to a file or a stream, and wrong ones are RangeErrors before anything is asked', async () => {
    const object = await store('a', '0123456789');
    expect(await object.downloadRange(join(folder, 'range'), { start: 2, end: 5 })).toBe(true);
    expect(await readFile(join(folder, 'range'), 'utf8')).toBe('234');
    expect(String(await readAll(object.rangeAsStream({ start: 7 })))).toBe('789');
    expect(String(await readAll(object.rangeAsStream({ start: 10 })))).toBe('');
    const asked = faults.calls.length;
    expect(() => object.rangeAsStream({ start: -1 })).toThrow(RangeError);
    expect(
      await rejection(object.downloadRange(join(folder, 'x'), { start: 5, end: 5 })),
    ).toBeInstanceOf(RangeError);
    expect(faults.calls).toHaveLength(asked);
    faults.next('readObject', { cutAfter: 2 });
    expect(
      (await rejection(readAll(object.rangeAsStream({ start: 2, end: 5 })))).message,
    ).toContain('gave 2 of the 3 bytes expected');
  });

  test('a signal ends a download that gets no more bytes, and leaves nothing', async () => {
    const object = await store('a');
    const stop = new AbortController();
    const hanging = createDriver({
      ...memory,
      readObject: async () =>
        (async function* () {
          yield Buffer.from('con');
          stop.abort(new Error('enough'));
          await new Promise(() => {});
        })(),
    });
    const error = await rejection(
      hanging.downloadObject(object, join(folder, 'down'), { signal: stop.signal }),
    );
    expect(error.message).toBe('enough');
    expect(await readdir(folder)).toEqual([]);
  });

  test('a destination whose folder is missing is the error of the file system', async () => {
    const object = await store('a');
    expect(await rejection(object.download(join(folder, 'none', 'down')))).toMatchObject({
      code: 'ENOENT',
    });
  });
});
