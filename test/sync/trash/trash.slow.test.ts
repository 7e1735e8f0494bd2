import { linkSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { broken, live, openFixture, put, signal, TRASH, trashed } from './trash-mirror.js';

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
      mirror: { extraneous: 'delete' },
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
