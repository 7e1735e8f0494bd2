import { describe, expect, test } from 'vitest';
import { live, openFixture, put, signal, TRASH, trashed, withoutDigests } from './trash-mirror.js';

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
      mirror: { extraneous: 'delete' },
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
    mirror: { extraneous: 'delete' },
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
