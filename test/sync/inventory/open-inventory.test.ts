import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { TargetUnavailableError } from '../../../src/drivers/errors.js';
import { unpackObjects } from '../../../src/drivers/packed-objects.js';
import { InventoryError } from '../../../src/sync/inventory/inventory-error.js';
import { openInventory } from '../../../src/sync/inventory/open-inventory.js';
import type { InventoryRule } from '../../../src/sync/inventory-rule.js';
import { call, plain, uniqueContainerName } from '../../drivers/conformance/fixture.js';
import { openFake } from '../../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { deliverInventory, type InventoryRow } from '../../fakes/s3-inventory.js';
import { temporaryFolder } from '../../world/folder.js';

const NOW = Date.UTC(2026, 10, 30, 5);
const HOUR = 3_600_000;

let fake: FakeS3;
let backend: Backend;
beforeAll(async () => {
  fake = await startFakeS3();
  backend = openFake(fake);
});
afterAll(async () => {
  await backend.close();
  await fake.close();
});

let source: string;
let container: string;
beforeEach(async () => {
  [source, container] = [uniqueContainerName(), uniqueContainerName()];
  await backend.createContainer(container, call);
});

const place = (madeAtMs = NOW - HOUR) => ({
  container,
  prefix: 'lists/',
  id: 'nightly',
  source,
  madeAtMs,
});

interface Opening {
  readonly rule?: Partial<InventoryRule>;
  readonly prefix?: string;
  readonly records?: number;
  readonly from?: Backend;
  readonly signal?: AbortSignal;
}

async function open({ rule, prefix = '', records = 0, from = backend, signal }: Opening = {}) {
  const folder = temporaryFolder();
  const opened = await openInventory(
    {
      backend: from,
      root: { container: source, prefix, trashPrefix: 'trash/' },
      rule: {
        container,
        prefix: 'lists/',
        id: 'nightly',
        maxAgeMs: 72 * HOUR,
        otherwise: 'list',
        ...rule,
      },
      index: { count: () => records },
      folder,
      seen: () => {},
      clock: { now: () => NOW, sleep: async () => {} },
    },
    signal ?? call.signal,
  ).catch((error: unknown) => {
    expect(readdirSync(folder)).toEqual([]);
    throw error;
  });
  onTestFinished(opened.close);
  return opened;
}

async function keysOf(options?: Opening): Promise<string[]> {
  const { pages } = await open(options);
  const keys: string[] = [];
  for await (const { objects } of pages) keys.push(...unpackObjects(objects).map(({ key }) => key));
  return keys;
}

const rows = (...keys: readonly string[]): InventoryRow[] =>
  keys.map((key) => ({ key, size: 1, etag: 'e' }));

/** Puts something else in the place of one of its objects. */
const replace = (key: string, bytes: Buffer) =>
  backend.putObject({ container, key }, bytesBody(bytes), plain, call);

test('inventory: gives the objects below the prefix in the order of bytes, whatever order its files have', async () => {
  await deliverInventory(
    backend,
    place(),
    rows('p/z', 'p/ü +', 'other/x', 'p/a', 'p/B', 'p/.longshore/lease', 'p/trash/x', 'p', 'p/a/b'),
    { rowsPerFile: 2 },
  );
  expect(await keysOf({ prefix: 'p/' })).toEqual([
    'p/.longshore/lease',
    'p/B',
    'p/a',
    'p/a/b',
    'p/trash/x',
    'p/z',
    'p/ü +',
  ]);
  expect((await open({ prefix: 'p/' })).objects).toBe(5);
});

test('inventory: the newest that was delivered whole is used', async () => {
  await deliverInventory(backend, place(NOW - 50 * HOUR), rows('old'));
  await deliverInventory(backend, place(NOW - 26 * HOUR), rows('new'));
  const { folder } = await deliverInventory(backend, place(NOW - 2 * HOUR), rows('unfinished'));
  await backend.deleteObject({ container, key: `${folder}manifest.checksum` }, call);
  expect(await keysOf()).toEqual(['new']);
});

test('inventory: an empty container has an empty one', async () => {
  await deliverInventory(backend, place(), []);
  expect(await keysOf()).toEqual([]);
});

test('inventory: a listing of its place asks for one page, however many files it has', async () => {
  await deliverInventory(backend, place(), rows(...'abcdefghij'), { rowsPerFile: 1 });
  const before = fake.log.length;
  fake.rules.pageLimit = 4;
  onTestFinished(() => {
    fake.rules.pageLimit = 1000;
  });
  expect(await keysOf()).toEqual([...'abcdefghij']);
  const listed = fake.log.slice(before).filter(({ operation }) => operation === 'ListObjects');
  expect(listed).toHaveLength(1);
});

test('inventory: none where it should be is said with the place', async () => {
  await expect(open()).rejects.toThrow(
    `inventory "nightly" in container "${container}" cannot be used: there is none below "lists/${source}/nightly/"`,
  );
  await expect(open({ rule: { container: uniqueContainerName() } })).rejects.toThrow(
    InventoryError,
  );
});

test.each([
  [
    'of another container',
    { manifest: (each: object) => ({ ...each, sourceBucket: 'another' }) },
    /it is of container "another", and the mirror is in/,
  ],
  [
    'whose clock is ahead',
    {
      manifest: (each: object) => ({ ...each, creationTimestamp: String(NOW + 2 * HOUR) }),
    },
    /still to come: is the clock of this machine right/,
  ],
  [
    'that is too old',
    { manifest: (each: object) => ({ ...each, creationTimestamp: String(NOW - 73 * HOUR) }) },
    /73 hours old, and max_age is 72 hours: is it still switched on/,
  ],
  [
    'whose file has another size',
    {
      manifest: ({ files, ...each }: Record<string, unknown>) => ({
        ...each,
        files: (files as { size: number }[]).map((file) => ({ ...file, size: file.size + 1 })),
      }),
    },
    /has \d+ bytes, and its manifest says \d+/,
  ],
  [
    'whose file has another MD5',
    {
      manifest: ({ files, ...each }: Record<string, unknown>) => ({
        ...each,
        files: (files as object[]).map((file) => ({ ...file, MD5checksum: '0'.repeat(32) })),
      }),
    },
    /has another MD5 than its manifest says/,
  ],
])('inventory: one %s is refused', async (_, options, message) => {
  await deliverInventory(backend, place(), rows('a', 'b'), options);
  const error = await open().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InventoryError);
  expect(String(error)).toMatch(message);
});

test('inventory: a manifest that is not that of its checksum is refused', async () => {
  const { folder } = await deliverInventory(backend, place(), rows('a'));
  await replace(`${folder}manifest.checksum`, Buffer.from('0'.repeat(32)));
  await expect(open()).rejects.toThrow(/does not have the MD5 that is in manifest\.checksum/);
});

test('inventory: a file that is missing, torn or no CSV is refused', async () => {
  const { files } = await deliverInventory(backend, place(), rows('a', 'b', 'c'));
  const [file = ''] = files;
  const { store } = fake.rules;
  const { bytes } = store.object(store.bucket(container), file);
  const whole = Buffer.from(bytes);
  await replace(file, whole.subarray(0, whole.length - 9));
  await expect(open()).rejects.toThrow(/has \d+ bytes, and its manifest says \d+/);
  await replace(file, Buffer.from(whole.map((byte) => byte ^ 0x55)));
  await expect(open()).rejects.toThrow(/is no gzip-compressed CSV file/);
  await backend.deleteObject({ container, key: file }, call);
  await expect(open()).rejects.toThrow(/its file .* is missing: does a lifecycle rule/);
});

test('inventory: a row of another container is refused, with the file', async () => {
  await deliverInventory(backend, place(), [{ key: 'a', size: 1, etag: 'e', bucket: 'x' }]);
  await expect(open()).rejects.toThrow(/\.csv\.gz: it has objects of container "x"/);
});

test('inventory: one that leaves most recorded objects out is of another prefix', async () => {
  await deliverInventory(backend, place(), rows('q/a', 'q/b'));
  await expect(open({ prefix: 'p/', records: 1_000 })).rejects.toThrow(
    /0 objects below "p\/", and the index has 1000: it is of another prefix/,
  );
  expect((await open({ prefix: 'p/', records: 999 })).objects).toBe(0);
});

test('inventory: a connection that breaks off while a file is read is followed by another', async () => {
  await deliverInventory(backend, place(), rows(...'abcdefgh'), { rowsPerFile: 100 });
  let broken = 0;
  const breaking: Backend = {
    ...backend,
    async readObject(ref, range, options) {
      const content = await backend.readObject(ref, range, options);
      if (!ref.key.endsWith('.csv.gz') || broken > 0) return content;
      broken += 1;
      return (async function* () {
        for await (const chunk of content) {
          yield chunk.subarray(0, 20);
          throw new TargetUnavailableError('reset', { driver: 's3', retry: 'backoff' });
        }
      })();
    },
  };
  expect(await keysOf({ from: breaking })).toEqual([...'abcdefgh']);
  expect(broken).toBe(1);
});

test('inventory: an aborted signal, and a target that is down, are no fault of the inventory', async () => {
  await deliverInventory(backend, place(), rows('a'));
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await expect(open({ signal: stop.signal })).rejects.toThrow('stopped');
  const down: Backend = {
    ...backend,
    listObjects: async () => {
      throw new TargetUnavailableError('down', { driver: 's3' });
    },
  };
  await expect(open({ from: down })).rejects.toBeInstanceOf(TargetUnavailableError);
});
