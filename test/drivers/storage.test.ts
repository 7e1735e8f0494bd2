import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { StorageDriver } from '../../src/drivers/driver.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  StorageError,
  UnsupportedOperationError,
} from '../../src/drivers/errors.js';
import type { MemoryOptions } from '../../src/drivers/memory/backend.js';
import { type Container, StorageObject } from '../../src/drivers/objects.js';
import { createDriver } from '../../src/drivers/storage.js';
import { type Faults, faulty } from '../fakes/faulty-backend.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { call, readAll, rejection } from './conformance/fixture.js';
import { chunks, openStorage } from './storage-fixture.js';

let folder: string;
let memory: Backend;
let driver: StorageDriver;
let faults: Faults;
let container: Container;

async function open(options: MemoryOptions = {}) {
  ({ memory, driver, faults, container } = await openStorage(options));
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
