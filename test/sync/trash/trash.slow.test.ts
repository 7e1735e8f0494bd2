import { createHash } from 'node:crypto';
import { linkSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { StorageError } from '../../../src/drivers/errors.js';
import type { MirrorSettings } from '../../../src/sync/mirror-settings.js';
import { readTrashed } from '../../../src/sync/trash/trash-name.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../../world/mirror-in-process.js';

const { signal } = new AbortController();
const TRASH = 'p/.longshore/trash/';
const broken = new StorageError('503 from the provider', { driver: 'memory', retry: 'backoff' });
const policy: MirrorSettings['policy'] = {
  overwrite: 'always',
  extraneous: 'keep',
  deletes: 'trash',
  metadata: { mtime: true, mode: true, owner: false },
};

function openFixture({ settings, ...options }: FixtureOptions = {}): Promise<MirrorFixture> {
  return openMirrorFixture({ ...options, settings: { policy, ...settings } });
}

/** `name: content` of all that is in the trash, in order of names. */
async function trashed({ objects }: MirrorFixture): Promise<string[]> {
  return Object.entries(await objects())
    .filter(([key]) => key.startsWith(TRASH))
    .map(([key, content]) => `${readTrashed(key.slice(TRASH.length))?.name}: ${content}`)
    .sort();
}

async function live({ objects }: MirrorFixture): Promise<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(await objects()).filter(([key]) => !key.startsWith(TRASH)),
  );
}

async function put(storage: Backend, key: string, content: string): Promise<void> {
  const options = {
    contentType: 'text/x-mine',
    metaData: { note: 'kept' },
    headers: {},
    checksums: [],
  };
  await storage.putObject({ container: 'c', key }, bytesBody(Buffer.from(content)), options, {
    signal,
  });
}

describe('deletes: trash', () => {
  test('moves what is gone, with its metadata, and keeps what is overwritten', async () => {
    const fixture = await openFixture();
    const { run, write, remove, storage } = fixture;
    for (const path of ['gone', 'folder/gone', 'changed', 'same']) write(path, `first ${path}`);
    await run('reconcile');
    expect(await trashed(fixture)).toEqual([]);
    const before = await storage.headObject({ container: 'c', key: 'p/gone' }, { signal });
    remove('gone');
    remove('folder');
    write('changed', 'second');
    const { report } = await run('scan');
    expect(report).toMatchObject({ uploaded: 1, deleted: 2, failed: 0 });
    expect(await live(fixture)).toEqual({ 'p/changed': 'second', 'p/same': 'first same' });
    expect(await trashed(fixture)).toEqual([
      'changed: first changed',
      'folder/gone: first folder/gone',
      'gone: first gone',
    ]);
    const { items } = await storage.listObjects('c', TRASH, {}, { signal });
    expect(
      items.find(({ key }) => key.endsWith('/gone') && !key.includes('folder'))?.metaData,
    ).toEqual(before.metaData);
    expect((await run('reconcile')).report).toMatchObject({ uploaded: 0, deleted: 0, skipped: 0 });
  });

  test('keeps each content of a name that comes and goes', async () => {
    const fixture = await openFixture();
    const { run, write, remove } = fixture;
    write('b');
    await run('reconcile');
    for (const content of ['one', 'two', 'three']) {
      write('a', content);
      await run('scan');
      remove('a');
      await run('scan');
    }
    expect(await trashed(fixture)).toEqual(['a: one', 'a: three', 'a: two']);
    expect(await live(fixture)).toEqual({ 'p/b': 'b' });
  });

  test('keeps an object of another program before it is overwritten, by listing or by HEAD', async () => {
    const fixture = await openFixture();
    const { run, write, storage } = fixture;
    await put(storage, 'p/listed', 'foreign');
    write('listed', 'mine');
    await run('reconcile');
    await put(storage, 'p/unlisted', 'also foreign');
    write('unlisted', 'mine too');
    await run('scan');
    expect(await trashed(fixture)).toEqual(['listed: foreign', 'unlisted: also foreign']);
    expect(await live(fixture)).toEqual({ 'p/listed': 'mine', 'p/unlisted': 'mine too' });
  });

  test('a renamed file leaves nothing there, since its content has a new name, and neither do hard links but the last', async () => {
    const fixture = await openFixture();
    const { run, write, remove } = fixture;
    write('b');
    const old = write('old', 'content');
    linkSync(write('first', 'linked'), join(dirname(old), 'second'));
    await run('reconcile');
    renameSync(old, join(dirname(old), 'new'));
    expect((await run('scan')).report).toMatchObject({ copied: 1, deleted: 1 });
    remove('first');
    expect((await run('scan')).report).toMatchObject({ deleted: 1 });
    expect(await trashed(fixture)).toEqual([]);
    remove('second');
    await run('scan');
    expect(await trashed(fixture)).toEqual(['second: linked']);
  });

  test('hard links that are deleted together are both kept', async () => {
    const fixture = await openFixture();
    const { run, write, remove } = fixture;
    write('b');
    const first = write('first', 'linked');
    linkSync(first, join(dirname(first), 'second'));
    await run('reconcile');
    remove('first');
    remove('second');
    expect((await run('scan')).report).toMatchObject({ deleted: 2 });
    expect(await trashed(fixture)).toEqual(['first: linked', 'second: linked']);
  });

  test('keeps extraneous objects as well', async () => {
    const fixture = await openFixture({
      settings: { policy: { ...policy, extraneous: 'delete' } },
    });
    const { run, write, storage } = fixture;
    write('a');
    await run('reconcile');
    await put(storage, 'p/foreign', 'foreign');
    expect((await run('reconcile')).report).toMatchObject({ deleted: 1 });
    expect(await trashed(fixture)).toEqual(['foreign: foreign']);
  });

  test('keeps equal content once', async () => {
    const fixture = await openFixture();
    const { run, write, faults, mirror } = fixture;
    await run('reconcile');
    write('a', 'content');
    faults.next('putObject', { lost: broken });
    await run('scan');
    faults.assertUsedUp();
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
    expect(await trashed(fixture)).toEqual([]);
  });
});

describe('P5: a move that is cut short', () => {
  test.each([
    ['nothing was copied', 'copyObject', broken],
    ['the answer to the copy was lost', 'copyObject', { lost: broken }],
    ['the object was not deleted', 'deleteObjects', broken],
    ['the answer to the delete was lost', 'deleteObjects', { lost: broken }],
  ] as const)('is repeated when %s, with one copy in the end', async (_, operation, fault) => {
    const fixture = await openFixture();
    const { run, write, remove, faults } = fixture;
    write('a', 'content');
    write('b');
    await run('reconcile');
    remove('a');
    faults.next(operation, fault);
    const { report } = await run('scan');
    faults.assertUsedUp();
    expect(report.failed).toBe(0);
    expect(await live(fixture)).toEqual({ 'p/b': 'b' });
    expect(await trashed(fixture)).toEqual(['a: content']);
  });

  test('is repeated by the next start, and loses nothing', async () => {
    const fixture = await openFixture();
    const { run, write, remove, faults } = fixture;
    write('a', 'content');
    write('b');
    await run('reconcile');
    remove('a');
    for (let attempt = 0; attempt < 4; attempt += 1) faults.next('deleteObjects', broken);
    expect((await run('scan')).report).toMatchObject({ failed: 1 });
    expect(await live(fixture)).toEqual({ 'p/a': 'content', 'p/b': 'b' });
    expect((await run('scan')).report).toMatchObject({ deleted: 1, failed: 0 });
    expect(await live(fixture)).toEqual({ 'p/b': 'b' });
    expect(await trashed(fixture)).toEqual(['a: content']);
  });
});

describe('P2: what is in the trash is what was there', () => {
  test('a copy that differs is made again, and nothing is deleted or overwritten before', async () => {
    const fixture = await openFixture();
    const { run, write, remove, faults } = fixture;
    for (const path of ['gone', 'changed']) write(path, `first ${path}`);
    await run('reconcile');
    remove('gone');
    write('changed', 'second');
    for (let attempt = 0; attempt < 8; attempt += 1) faults.next('copyObject', 'wrong checksum');
    expect((await run('scan')).report).toMatchObject({ deleted: 0, uploaded: 0, failed: 2 });
    faults.assertUsedUp();
    expect(await live(fixture)).toEqual({ 'p/changed': 'first changed', 'p/gone': 'first gone' });
    expect((await run('scan')).report).toMatchObject({ deleted: 1, uploaded: 1, failed: 0 });
    expect(await trashed(fixture)).toEqual(['changed: first changed', 'gone: first gone']);
  });

  test('the bytes are read where the provider reports no digest', async () => {
    const fixture = await openFixture({ wrap: withoutDigests });
    const { run, write, remove, faults } = fixture;
    write('a', 'content');
    write('b');
    await run('reconcile');
    remove('a');
    faults.next('readObject', { cutAfter: 3 });
    await run('scan');
    faults.assertUsedUp();
    expect(await trashed(fixture)).toEqual(['a: content']);
    expect(faults.calls.filter((call) => call === 'copyObject')).toHaveLength(2);
  });

  test('a copy of another size does not count, also where no digest is known', async () => {
    let cutBy = 1;
    const fixture = await openFixture({
      settings: { policy: { ...policy, extraneous: 'delete' } },
      wrap: (backend) => {
        const opaque = withoutDigests(backend);
        const copy = opaque.capabilities.copy!;
        const copyObject: typeof copy.copyObject = async (...args) => {
          const info = await copy.copyObject(...args);
          return { ...info, size: info.size - cutBy };
        };
        return {
          ...opaque,
          capabilities: { ...opaque.capabilities, copy: { ...copy, copyObject } },
        };
      },
    });
    const { run, write, storage } = fixture;
    write('a');
    await run('reconcile');
    await put(storage, 'p/foreign', 'content');
    expect((await run('reconcile')).report).toMatchObject({ deleted: 0, failed: 1 });
    expect(await live(fixture)).toMatchObject({ 'p/foreign': 'content' });
    cutBy = 0;
    expect((await run('reconcile')).report).toMatchObject({ deleted: 1, failed: 0 });
    expect(Object.keys(await live(fixture))).toEqual(['p/a']);
  });

  test('the bytes are read and sent where the provider cannot copy', async () => {
    const fixture = await openFixture({
      wrap: (backend) => ({
        ...backend,
        capabilities: { ...backend.capabilities, copy: undefined },
      }),
    });
    const { run, write, remove, storage } = fixture;
    write('a', 'content');
    write('b');
    await run('reconcile');
    const before = await storage.headObject({ container: 'c', key: 'p/a' }, { signal });
    remove('a');
    expect((await run('scan')).report).toMatchObject({ deleted: 1, failed: 0 });
    expect(await trashed(fixture)).toEqual(['a: content']);
    const [copy] = (await storage.listObjects('c', TRASH, {}, { signal })).items;
    expect(copy).toMatchObject({
      metaData: before.metaData,
      extra: { contentType: before.extra['contentType'] },
    });
  });
});

test('P4: trash: an object whose trash name is too long stays in its place, and is reported', async () => {
  const name = Array.from({ length: 4 }, () => 'n'.repeat(250)).join('/');
  const { run, storage, write, events, objects } = await openFixture({
    settings: { policy: { ...policy, extraneous: 'delete' } },
  });
  await put(storage, `p/${name}`, 'foreign');
  write('a');
  await run('reconcile');
  expect((await run('reconcile')).report).toMatchObject({ deleted: 0, skipped: 1 });
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'skipped', path: name, reason: 'name-refused' }),
  );
  expect(Object.keys(await objects())).toEqual(['p/a', `p/${name}`]);
});

test('P4: trash: a file that comes back during the copy of its object keeps the object', async () => {
  const fixture = await openFixture({
    wrap: (backend) => ({
      ...backend,
      capabilities: {
        ...backend.capabilities,
        copy: {
          ...backend.capabilities.copy!,
          async copyObject(...args) {
            fixture.write('a', 'content');
            return backend.capabilities.copy!.copyObject(...args);
          },
        },
      },
    }),
  });
  const { run, write, remove } = fixture;
  write('a', 'content');
  write('b');
  await run('reconcile');
  remove('a');
  expect((await run('scan')).report).toMatchObject({ deleted: 0, failed: 0 });
  expect(await live(fixture)).toEqual({ 'p/a': 'content', 'p/b': 'b' });
});

/** Like a store whose ETags are no digests. */
function withoutDigests(backend: Backend): Backend {
  const { copy } = backend.capabilities;
  const opaque = (etag: unknown, key: string) =>
    createHash('sha1')
      .update(`${key}${String(etag)}`)
      .digest('hex');
  const hide = <
    T extends { checksums: unknown; extra: Readonly<Record<string, unknown>>; key: string },
  >(
    info: T,
  ): T => ({
    ...info,
    checksums: [],
    extra: { ...info.extra, etag: opaque(info.extra['etag'], info.key) },
  });
  return {
    ...backend,
    headObject: async (...args) => hide(await backend.headObject(...args)),
    putObject: async (...args) => hide(await backend.putObject(...args)),
    listObjects: async (...args) => {
      const page = await backend.listObjects(...args);
      return { ...page, items: page.items.map(hide) };
    },
    capabilities: {
      ...backend.capabilities,
      copy: { ...copy!, copyObject: async (...args) => hide(await copy!.copyObject(...args)) },
    },
  };
}
