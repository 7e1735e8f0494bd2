import { expect, test } from 'vitest';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
} from '../../../src/drivers/errors.js';
import { createDriver } from '../../../src/drivers/storage.js';
import { startFaultProxy } from '../../faults/fault-proxy.js';
import { call, listKeys, plain, put, rejection } from '../conformance/fixture.js';
import type { FaultDialect, FaultyService } from './dialect.js';
import { CONTAINER, REF } from './steps.js';

const container = CONTAINER;

/** Batch deletes, listings, missing rights and missing containers. */
export function containerFaults(dialect: FaultDialect, service: () => FaultyService): void {
  const { unbatchable, unknownAfter } = dialect;
  const backend = () => service().backend;
  const deleteTogether = (keys: readonly string[], signal = call.signal) =>
    backend().capabilities.batchDelete!.deleteObjects(container, keys, { signal });
  const putAll = async (keys: readonly string[]) => {
    for (const key of keys) await put(backend(), { container, key }, key);
  };

  test.runIf(unbatchable)(
    'batch delete: a key that was refused is not deleted, and the others are',
    async () => {
      await putAll(['a', 'b é', 'c']);
      service().next('delete together', { kind: 'deny-keys', keys: ['b é'] });
      const failures = await deleteTogether(['a', 'b é', 'c', 'missing']);
      expect([...failures.keys()]).toEqual(['b é']);
      expect(failures.get('b é')).toBeInstanceOf(ObjectAccessDeniedError);
      expect(await listKeys(backend(), container)).toEqual(['b é']);
    },
  );

  test.runIf(unbatchable)(
    'batch delete: a key that the answer leaves out is not taken for deleted',
    async () => {
      await putAll(['b é', 'c']);
      service().next('delete together', { kind: 'omit-key', key: 'c' });
      const failures = await deleteTogether(['b é', 'c', 'missing']);
      expect([...failures.keys()]).toEqual(unknownAfter(['b é', 'c', 'missing'], 'c'));
      expect(failures.get('c')).toMatchObject({ retry: 'backoff' });
    },
  );

  test.runIf(unbatchable?.length)(
    'batch delete: keys that a batch cannot carry go alone, and each has its own outcome',
    async () => {
      const keys = ['a', ...unbatchable!, 'z'];
      await putAll(keys);
      service().next('delete', { kind: 'refuse', status: 403, code: 'AccessDenied' });
      const failures = await deleteTogether(keys);
      expect([...failures.values()]).toEqual([expect.any(ObjectAccessDeniedError)]);
      expect(await listKeys(backend(), container)).toEqual([...failures.keys()]);
      const counts = {
        together: service().count('delete together'),
        alone: service().count('delete'),
      };
      expect(counts).toEqual({ together: 1, alone: unbatchable!.length });
    },
  );

  test.runIf(unbatchable?.length)(
    'batch delete: rejects with the reason when it is aborted while a key goes alone',
    async () => {
      const stop = new AbortController();
      service().next('delete', { kind: 'stall' });
      const deleting = deleteTogether(unbatchable!.slice(0, 1), stop.signal);
      await expect.poll(() => service().left()).toBe(0);
      stop.abort(new Error('enough'));
      expect((await rejection(deleting)).message).toBe('enough');
    },
  );

  test('listing: a page that is given again is an error, and not asked for without end', async () => {
    service().listOneByOne();
    await putAll(['a', 'b', 'c']);
    service().next('list', { kind: 'repeat-page' }, dialect.repeatedPages);
    const driver = createDriver(backend());
    const listing = driver
      .getContainer(container)
      .then((found) => driver.listContainerObjects(found));
    expect((await rejection(listing)).message).toMatch(/not where to go on|advance/);
  });

  test('P4: listing: names out of order are an error, or sorted where no order is promised, since an object that was passed over would be taken for missing', async () => {
    await putAll(['a', 'b']);
    const proxy = await startFaultProxy(service().origin, dialect.proxy);
    proxy.next('list', {
      kind: 'alter',
      alter: (answer) => ({
        ...answer,
        body: Buffer.from(dialect.rename(answer.body.toString())),
      }),
    });
    const through = dialect.openAt(`http://${proxy.host}:${proxy.port}`);
    if (through.capabilities.listingOrder === 'utf8') {
      const { message } = await rejection(listKeys(through, container));
      expect(message).toContain('"b" came after "c"');
      expect(message).toContain('UTF-8 byte order');
    } else expect(await listKeys(through, container), 'sorted here').toEqual(['b', 'c']);
    expect(await listKeys(through, container)).toEqual(['a', 'b']);
    await through.close();
    await proxy.close();
    proxy.assertUsedUp();
  });

  test('client: distinguishes rights missing for an object, for a container, and for the account', async () => {
    await put(backend(), REF, 'x');
    service().deny('head');
    expect(await rejection(backend().headObject(REF, call))).toBeInstanceOf(
      ObjectAccessDeniedError,
    );
    service().deny('list');
    const listing = await rejection(listKeys(backend(), container));
    expect(listing).toBeInstanceOf(ContainerAccessDeniedError);
    expect(listing.message).toContain(`container "${container}" was refused: list`);
    service().deny('head container');
    expect(await rejection(backend().headContainer(container, call))).toBeInstanceOf(
      ContainerAccessDeniedError,
    );
    service().deny('list containers');
    expect(await rejection(backend().listContainers({}, call))).toBeInstanceOf(
      InvalidCredentialsError,
    );
  });

  test('client: a container that was deleted meanwhile is missing for a put, a listing and an upload', async () => {
    await put(backend(), REF, 'x');
    service().loseContainer();
    for (const ask of [
      () => put(backend(), REF, 'y'),
      () => listKeys(backend(), container),
      () => backend().capabilities.multipart!.begin(REF, plain, call),
    ])
      expect(await rejection(ask())).toBeInstanceOf(ContainerDoesNotExistError);
  });
}
