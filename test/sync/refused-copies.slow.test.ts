import { renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import {
  ObjectAccessDeniedError,
  ObjectError,
  StorageError,
  UnsupportedOperationError,
} from '../../src/drivers/errors.js';
import { readTrashed } from '../../src/sync/trash/trash-name.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const call = { signal: new AbortController().signal };
const context = { driver: 'memory' };
const REFUSALS: readonly (readonly [string, Error])[] = [
  [
    '403 AccessDenied',
    new ObjectAccessDeniedError('p/old', 'was refused: 403 AccessDenied', context),
  ],
  [
    '403 InvalidObjectState',
    new ObjectError('p/old', 'was refused: 403 InvalidObjectState', context),
  ],
  ['501 NotImplemented', new UnsupportedOperationError('501 NotImplemented', context)],
  ['400 InvalidRequest', new ObjectError('p/old', 'was refused: 400 InvalidRequest', context)],
  ['500 InternalError', new StorageError('500 InternalError', { ...context, retry: 'backoff' })],
];

describe('P1: a copy that the provider refuses becomes an upload in the same run', () => {
  test.each(REFUSALS)('of a renamed file (%s)', async (_what, refusal) => {
    const { mirror, run, write, faults, objects } = await openMirrorFixture();
    const file = write('old', 'content');
    write('kept');
    await run('reconcile');
    renameSync(file, join(mirror.settings.source, 'new'));
    faults.next('copyObject', refusal);
    expect((await run('reconcile')).report).toMatchObject({
      uploaded: 1,
      copied: 0,
      deleted: 1,
      failed: 0,
    });
    expect(await objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
    faults.assertUsedUp();
  });

  test.each(REFUSALS)('of a file whose times alone have changed (%s)', async (_what, refusal) => {
    const { run, write, faults, mirror, storage } = await openMirrorFixture();
    const file = write('old', 'content');
    await run('reconcile');
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    faults.next('copyObject', refusal);
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, failed: 0 });
    expect(mirror.parts.index.get('old')).toMatchObject({
      state: 'confirmed',
      mtimeNs: 1_700_000_000_000_000_000n,
    });
    expect(
      (await storage.headObject({ container: 'c', key: 'p/old' }, call)).metaData['mtime'],
    ).toBe('1700000000.000000000');
    faults.assertUsedUp();
  });
});

/** Objects of this key can be listed and looked at, and neither read nor copied, as archived ones. */
function archived(backend: Backend, key: string): Backend {
  const refused = () => new ObjectError(key, 'was refused: 403 InvalidObjectState', context);
  const inner = backend.capabilities.copy!;
  const copy: typeof inner = {
    ...inner,
    copyObject: async (from, ...rest) => {
      if (from.key === key) throw refused();
      return inner.copyObject(from, ...rest);
    },
  };
  return {
    ...backend,
    capabilities: { ...backend.capabilities, copy },
    readObject: async (ref, ...rest) => {
      if (ref.key === key) throw refused();
      return backend.readObject(ref, ...rest);
    },
  };
}

describe('deletes: trash, over an archived object', () => {
  const open = () =>
    openMirrorFixture({
      mirror: { deletes: 'trash' },
      wrap: (backend) => archived(backend, 'p/a'),
    });

  test('new content arrives, and the run says that the old one is not in the trash', async () => {
    const { run, write, objects, events } = await open();
    write('a', 'first');
    await run('reconcile');
    write('a', 'the second');
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, failed: 0, skipped: 1 });
    expect(await objects()).toEqual({ 'p/a': 'the second' });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'skipped', path: 'a', reason: 'not-in-trash' }),
    );
  });

  test('P4: the object of a file that is gone stays', async () => {
    const { run, write, remove, objects } = await open();
    write('a', 'first');
    write('kept');
    await run('reconcile');
    remove('a');
    expect((await run('scan')).report).toMatchObject({ deleted: 0, failed: 1 });
    expect(await objects()).toMatchObject({ 'p/a': 'first' });
  });
});

test('deletes: trash: an object that may be read and not copied is read and sent into the trash', async () => {
  const { run, write, remove, objects, faults } = await openMirrorFixture({
    mirror: { deletes: 'trash' },
  });
  write('a', 'first');
  write('kept');
  await run('reconcile');
  remove('a');
  faults.next('copyObject', new UnsupportedOperationError('501 NotImplemented', context));
  expect((await run('scan')).report).toMatchObject({ deleted: 1, failed: 0 });
  const trash = 'p/.longshore/trash/';
  const kept = Object.entries(await objects()).filter(([key]) => key.startsWith(trash));
  expect(
    kept.map(([key, content]) => `${readTrashed(key.slice(trash.length))?.name}: ${content}`),
  ).toEqual(['a: first']);
});

/** Another client puts an object of this key right before each copy to it. */
function raced(backend: Backend, key: string): Backend {
  const inner = backend.capabilities.copy!;
  const copy: typeof inner = {
    ...inner,
    copyObject: async (from, to, ...rest) => {
      const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
      if (to.key === key)
        await backend.putObject(to, bytesBody(Buffer.from('another program’s')), options, call);
      return inner.copyObject(from, to, ...rest);
    },
  };
  return { ...backend, capabilities: { ...backend.capabilities, copy } };
}

test('P4: with overwrite: never a renamed file is not copied over an object that appears at the last moment', async () => {
  const { mirror, run, write, objects } = await openMirrorFixture({
    mirror: { overwrite: 'never' },
    wrap: (backend) => raced(backend, 'p/new'),
  });
  const file = write('old', 'content');
  write('kept');
  await run('reconcile');
  renameSync(file, join(mirror.settings.source, 'new'));
  await run('scan');
  expect(await objects()).toMatchObject({ 'p/new': 'another program’s' });
});

test('refused copies: with overwrite: never a renamed file is sent where puts can be conditional and copies cannot', async () => {
  const { mirror, run, write, objects } = await openMirrorFixture({
    mirror: { overwrite: 'never' },
    wrap: (backend) => {
      const copy = { ...backend.capabilities.copy!, ifAbsent: false };
      return { ...backend, capabilities: { ...backend.capabilities, copy } };
    },
  });
  const file = write('old', 'content');
  write('kept');
  await run('reconcile');
  renameSync(file, join(mirror.settings.source, 'new'));
  expect((await run('scan')).report).toMatchObject({ uploaded: 1, copied: 0, deleted: 1 });
  expect(await objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
});

test('P4: with overwrite: always an object is kept whose upload was only marked when the process was killed', async () => {
  const { mirror, storage, run, write, remove, objects } = await openMirrorFixture();
  write('kept');
  await run('reconcile');
  const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
  await storage.putObject(
    { container: 'c', key: 'p/a' },
    bytesBody(Buffer.from('another program’s')),
    options,
    call,
  );
  write('a', 'ours');
  const { put } = mirror.parts.index;
  const { index } = mirror.parts;
  // What a kill right after the mark leaves.
  let marked: Parameters<typeof put>[1] | undefined;
  Object.assign(index, {
    put: async (name: string, record: Parameters<typeof put>[1]) => {
      await put(name, record);
      marked = record;
      throw new Error('killed');
    },
  });
  await run('scan');
  Object.assign(index, { put });
  expect(marked).toMatchObject({ state: 'sending' });
  remove('a');
  await run('scan');
  expect(await objects()).toEqual({ 'p/kept': 'kept', 'p/a': 'another program’s' });
  expect(index.get('a')).toBeUndefined();
});
