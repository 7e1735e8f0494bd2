import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { StorageDriver } from '../../src/drivers/driver.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  PreconditionFailedError,
  StorageError,
  UnsupportedOperationError,
} from '../../src/drivers/errors.js';
import { type MemoryOptions, memoryBackend } from '../../src/drivers/memory/backend.js';
import { type Container, StorageObject } from '../../src/drivers/objects.js';
import { createDriver } from '../../src/drivers/storage.js';
import { type Faults, faulty } from '../fakes/faulty-backend.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { call, put, randomContent, readAll, rejection } from './conformance/fixture.js';
import { watchSyncs } from './synced-folders.js';

let folder: string;
let memory: Backend;
let driver: StorageDriver;
let faults: Faults;
let container: Container;

async function open(options: MemoryOptions = {}) {
  memory = memoryBackend(options);
  const wrapped = faulty(memory);
  faults = wrapped.faults;
  driver = createDriver(wrapped.backend);
  container = await driver.createContainer('photos');
}

beforeEach(async () => {
  folder = createFolder();
  await open();
});
afterEach(async () => {
  faults.assertUsedUp();
  removeFolder(folder);
});

async function* chunks(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield Buffer.from(part);
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const store = (name: string, content = 'content') =>
  container.uploadObjectViaStream(chunks(content), name);

describe('containers and listings', () => {
  test('are iterated page by page, as far as they are read', async () => {
    for (let i = 0; i < 5; i += 1) await store(`object ${i}`);
    const list = memory.listObjects;
    const small: Backend = {
      ...memory,
      listObjects: (name, prefix, page, given) => list(name, prefix, { ...page, size: 2 }, given),
    };
    const { backend, faults: counted } = faulty(small);
    const paged = createDriver(backend);
    const of = await paged.getContainer('photos');
    const iterator = of.iterateObjects()[Symbol.asyncIterator]();
    expect(counted.calls).toEqual(['headContainer']);
    for (const name of ['object 0', 'object 1'])
      expect((await iterator.next()).value.name).toBe(name);
    expect(counted.calls.filter((operation) => operation === 'listObjects')).toHaveLength(1);
    await iterator.return?.();
    expect((await of.listObjects()).map(({ name }) => name)).toEqual(
      [0, 1, 2, 3, 4].map((i) => `object ${i}`),
    );
  });

  test('a listing whose token does not advance is an error, not an endless loop', async () => {
    const stuck: Backend = { ...memory, listObjects: async () => ({ items: [], next: 'again' }) };
    const error = await rejection(createDriver(stuck).listContainerObjects(container));
    expect(error).toBeInstanceOf(StorageError);
    expect(error.message).toBe(
      'the listing does not advance: the provider gave the same continuation token again ("again")',
    );
  });

  test('a missing container is reported at the first step of an iteration', async () => {
    await container.delete();
    expect(await rejection(container.listObjects())).toBeInstanceOf(ContainerDoesNotExistError);
  });

  test('a signal ends a listing', async () => {
    await store('one');
    expect(
      (await rejection(container.listObjects({ signal: AbortSignal.abort(new Error('enough')) })))
        .message,
    ).toBe('enough');
  });
});

describe('uploads', () => {
  test('an object says what was stored', async () => {
    const object = await container.uploadObject(await file('cat.jpg', 'meow'), 'pets/cat', {
      metaData: { Owner: 'me' },
    });
    expect(object).toMatchObject({
      name: 'pets/cat',
      size: 4,
      hash: '4a4be40c96ac6314e91d93f38043a634',
      metaData: { owner: 'me' },
    });
    expect(object.extra['contentType']).toBe('image/jpeg');
    expect((await container.getObject('pets/cat')).hash).toBe(object.hash);
  });

  test('the content type is given, or guessed from the file, or from the object, or unknown', async () => {
    const typeOf = async (fileName: string, objectName: string, contentType?: string) => {
      const options = contentType === undefined ? {} : { contentType };
      return (await container.uploadObject(await file(fileName, 'x'), objectName, options)).extra[
        'contentType'
      ];
    };
    expect(await typeOf('a.css', 'b.html', 'text/x-own')).toBe('text/x-own');
    expect(await typeOf('a.css', 'b.html')).toBe('text/css');
    expect(await typeOf('temporary', 'b.html')).toBe('text/html');
    expect(await typeOf('temporary', 'b')).toBe('application/octet-stream');
    expect((await store('page.html')).extra['contentType']).toBe('text/html');
  });

  test('a digest goes out with what is in memory, so that the provider refuses other bytes', async () => {
    let sent: unknown;
    const putObject = memory.putObject;
    const watched = createDriver({
      ...memory,
      putObject: (ref, body, options, given) => {
        sent = options.checksums;
        return putObject(ref, body, options, given);
      },
    });
    await watched.uploadObject(await file('a', 'content'), container, 'a');
    expect(sent).toEqual([{ algorithm: 'md5', hex: '9a0364b9e99bb480dd25e1f0284c8555' }]);
    await watched.uploadObject(await file('a', 'content'), container, 'a', { verifyHash: false });
    expect(sent).toEqual([]);
  });

  test('P2: what the provider holds is compared with what went out, in one put or in parts, from memory or not', async () => {
    const uploads: readonly (readonly [
      MemoryOptions,
      'putObject' | 'complete',
      () => Promise<unknown>,
    ])[] = [
      [{}, 'putObject', async () => container.uploadObject(await file('small', 'content'), 'x')],
      [
        {},
        'putObject',
        async () => container.uploadObject(await file('large', randomContent(2_000_000)), 'x'),
      ],
      [
        { limits: { maxPutSize: 1_500_000 } },
        'complete',
        async () => container.uploadObject(await file('large', randomContent(2_000_000)), 'x'),
      ],
      [{}, 'putObject', () => store('x')],
      [
        {},
        'complete',
        () => container.uploadObjectViaStream(chunks(randomContent(17 * 1024 * 1024)), 'x'),
      ],
    ];
    for (const [options, operation, upload] of uploads) {
      await open(options);
      faults.next(operation, 'wrong checksum');
      const error = await rejection(upload());
      expect(error).toBeInstanceOf(ObjectHashMismatchError);
      expect(error).toMatchObject({ objectName: 'x', retry: 'backoff' });
      faults.next(operation, undefined);
      await upload();
      faults.assertUsedUp();
    }
  });

  test('the comparison can be switched off', async () => {
    faults.next('putObject', 'wrong checksum');
    const object = await container.uploadObject(await file('a', 'content'), 'x', {
      verifyHash: false,
    });
    expect(object.size).toBe(7);
  });

  test('a wrong size is found even where nothing is hashed', async () => {
    const putObject = memory.putObject;
    const cutting = createDriver({
      ...memory,
      putObject: async (...args) => ({ ...(await putObject(...args)), size: 3 }),
    });
    const error = await rejection(
      cutting.uploadObject(await file('a', 'content'), container, 'x', { verifyHash: false }),
    );
    expect(error.message).toContain('was stored with 3 bytes, but 7 were sent');
  });

  test('a put that ends well before its source did is not believed', async () => {
    const putObject = memory.putObject;
    const hasty: Backend = {
      ...memory,
      async putObject(ref, body, options, given) {
        for await (const _ of body.open()) break;
        return putObject(
          ref,
          { ...body, ...{ bytes: new Uint8Array(body.size ?? 0) } },
          options,
          given,
        );
      },
    };
    const error = await rejection(
      createDriver(hasty).uploadObject(
        await file('large', randomContent(3_000_000)),
        container,
        'x',
      ),
    );
    expect(error.message).toContain('was reported as stored before all of it was sent');
  });

  test('a file above what one put may carry goes in parts, and one above what an object may have is refused', async () => {
    await open({ limits: { maxPutSize: 1_500_000, maxObjectSize: 2_500_000 } });
    const content = randomContent(2_000_000);
    const object = await container.uploadObject(await file('large', content), 'large');
    expect(faults.calls).toContain('complete');
    expect((await readAll(object.asStream())).equals(content)).toBe(true);
    const error = await rejection(
      container.uploadObject(await file('larger', randomContent(2_500_001)), 'larger'),
    );
    expect(error.message).toBe(
      'object "larger" is too large for this provider: 2500001 bytes, where 2500000 are allowed',
    );
  });

  test('a large file above maxPutSize is refused where there are no parts', async () => {
    const small = memoryBackend({ limits: { maxPutSize: 5 } });
    const only = createDriver({
      ...small,
      capabilities: { ...small.capabilities, multipart: undefined },
    });
    const error = await rejection(
      only.uploadObject(await file('a', 'content'), await only.createContainer('c'), 'x'),
    );
    expect(error.message).toContain('is too large for this provider: 7 bytes, where 5 are allowed');
  });

  test('a missing file is ENOENT, and a source that fails is its own error', async () => {
    expect(await rejection(container.uploadObject(join(folder, 'none'), 'x'))).toMatchObject({
      code: 'ENOENT',
    });
    const failing = (async function* () {
      yield Buffer.from('x');
      throw new Error('the source failed');
    })();
    expect((await rejection(container.uploadObjectViaStream(failing, 'x'))).message).toBe(
      'the source failed',
    );
    expect(await container.listObjects()).toEqual([]);
  });

  test('P3: a file that changes while it is sent is not stored', async () => {
    const path = await file('large', randomContent(3_000_000));
    const putObject = memory.putObject;
    const slow = createDriver({
      ...memory,
      async putObject(ref, body, options, given) {
        await writeFile(path, randomContent(3_000_000));
        return putObject(ref, body, options, given);
      },
    });
    expect(await rejection(slow.uploadObject(path, container, 'x'))).toMatchObject({
      name: 'SourceChangedError',
    });
    expect(await container.listObjects()).toEqual([]);
  });

  test('a stream of something other than bytes is refused', async () => {
    const text = (async function* () {
      yield 'text' as unknown as Uint8Array;
    })();
    const error = await rejection(container.uploadObjectViaStream(text, 'x'));
    expect(error.message).toBe(
      'the source of "x" gave a string where bytes (Uint8Array) are wanted',
    );
    expect(await container.listObjects()).toEqual([]);
  });

  test('a precondition reaches the provider', async () => {
    await store('x');
    const again = container.uploadObjectViaStream(chunks('other'), 'x', {
      precondition: { ifAbsent: true },
    });
    expect(await rejection(again)).toBeInstanceOf(PreconditionFailedError);
  });

  test('metadata keys that differ only in case are refused', async () => {
    const both = container.uploadObjectViaStream(chunks('x'), 'x', {
      metaData: { a: '1', A: '2' },
    });
    expect(await rejection(both)).toBeInstanceOf(TypeError);
  });
});

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

describe('what is missing', () => {
  test('getObject is one request, and a second only to tell what is missing', async () => {
    await store('a');
    const asked = faults.calls.length;
    await container.getObject('a');
    expect(faults.calls.slice(asked)).toEqual(['headObject']);
    expect(await rejection(container.getObject('none'))).toBeInstanceOf(ObjectDoesNotExistError);
    expect(faults.calls.slice(asked)).toEqual(['headObject', 'headObject', 'headContainer']);
  });

  test('a provider that reports a missing container as a missing object is seen through', async () => {
    const vague: Backend = {
      ...memory,
      headObject: async ({ key }) => {
        throw new ObjectDoesNotExistError(key, { driver: 'vague' });
      },
    };
    const error = await rejection(createDriver(vague).getObject('nowhere', 'x'));
    expect(error).toBeInstanceOf(ContainerDoesNotExistError);
  });

  test('a trouble is not taken for absence', async () => {
    const trouble = new StorageError('trouble', { driver: 'memory', retry: 'backoff' });
    const object = await store('a');
    faults.next('headObject', trouble);
    expect(await rejection(object.delete())).toBe(trouble);
    expect(await object.delete()).toBe(true);
  });
});

describe('objects', () => {
  test('print as Libcloud prints them, and hold no driver in JSON or in a log', async () => {
    const object = await store('a');
    expect(String(container)).toBe('<Container: name=photos, provider=memory>');
    expect(inspect(object)).toBe(
      '<Object: name=a, size=7, hash=9a0364b9e99bb480dd25e1f0284c8555, provider=memory ...>',
    );
    const plain = JSON.parse(JSON.stringify(object));
    expect(Object.keys(plain).sort()).toEqual([
      'container',
      'extra',
      'hash',
      'metaData',
      'name',
      'size',
    ]);
    expect(plain.container).toEqual({ name: 'photos', extra: {} });
    expect(String(new StorageObject({ ...object, hash: undefined }))).toContain('hash=None');
    expect(object.driver).toBe(driver);
  });

  test('a CDN that is there is used, and one that is not is refused', async () => {
    const object = await store('a');
    expect(await rejection(object.getCdnUrl())).toBeInstanceOf(UnsupportedOperationError);
    const enabled: string[] = [];
    const cdn = {
      enableContainer: async (name: string) => void enabled.push(name),
      enableObject: async ({ key }: { key: string }) => void enabled.push(key),
      containerUrl: async (name: string) => `cdn:${name}`,
      objectUrl: async ({ container: name, key }: { container: string; key: string }) =>
        `cdn:${name}/${key}`,
    };
    const with_ = createDriver({ ...memory, capabilities: { ...memory.capabilities, cdn } });
    expect(await with_.enableContainerCdn(container)).toBe(true);
    expect(await with_.enableObjectCdn(object)).toBe(true);
    expect(enabled).toEqual(['photos', 'a']);
    expect(await with_.getContainerCdnUrl(container)).toBe('cdn:photos');
    expect(await with_.getObjectCdnUrl(object)).toBe('cdn:photos/a');
  });

  test('Container and StorageObject hand each call to their driver', async () => {
    const object = await container.uploadObject(await file('up', 'content'), 'a');
    expect(await container.downloadObject(object, join(folder, 'down'))).toBe(true);
    expect(
      await container.downloadObjectRange(object, join(folder, 'range'), { start: 1, end: 2 }),
    ).toBe(true);
    expect(await readFile(join(folder, 'range'), 'utf8')).toBe('o');
    expect(String(await readAll(container.downloadObjectAsStream(object)))).toBe('content');
    expect(String(await readAll(container.downloadObjectRangeAsStream(object, { start: 5 })))).toBe(
      'nt',
    );
    expect(await container.deleteObject(object)).toBe(true);
    expect(await container.delete()).toBe(true);
    expect(await driver.listContainers()).toEqual([]);
    await memory.close();
    await driver.close();
    expect(await rejection(memory.headContainer('photos', call))).toBeInstanceOf(
      ContainerDoesNotExistError,
    );
  });
});
