import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { broken } from './mirror-errors.js';

describe('renames', () => {
  test('are copies within the provider, each before its delete', async () => {
    const { mirror, run, write, objects } = await openMirrorFixture();
    for (let at = 0; at < 20; at += 1) write(`z/f${at}`, `content ${at}`);
    await run('reconcile');
    renameSync(join(mirror.settings.source, 'z'), join(mirror.settings.source, 'a'));
    expect((await run('scan')).report).toMatchObject({
      uploaded: 0,
      copied: 20,
      deleted: 20,
      bytes: 0,
    });
    // A delete that came first would have left nothing to copy.
    expect(Object.keys(await objects())).toHaveLength(20);
    expect(mirror.parts.index.count()).toBe(20);
  });

  test('fall back to sending when the object under the old name is gone or is another one', async () => {
    const { mirror, storage, run, write, objects } = await openMirrorFixture();
    const file = write('old', 'content');
    write('other');
    await run('reconcile');
    await storage.deleteObject(
      { container: 'c', key: 'p/old' },
      { signal: new AbortController().signal },
    );
    renameSync(file, join(mirror.settings.source, 'new'));
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, copied: 0 });
    expect(await objects()).toEqual({ 'p/new': 'content', 'p/other': 'other' });
  });

  test('P2: are sent after all when the copy turns out to be another content', async () => {
    const { mirror, run, write, faults, objects } = await openMirrorFixture();
    const file = write('old', 'content');
    write('other');
    await run('reconcile');
    renameSync(file, join(mirror.settings.source, 'new'));
    faults.next('copyObject', 'wrong checksum');
    expect((await run('scan')).report).toMatchObject({
      uploaded: 1,
      copied: 0,
      deleted: 1,
      failed: 0,
    });
    expect(await objects()).toEqual({ 'p/new': 'content', 'p/other': 'other' });
    faults.assertUsedUp();
  });

  test('do not mistake a new file on an old inode number for the old one', async () => {
    const { mirror, run, write, objects } = await openMirrorFixture();
    const file = write('old', 'before');
    write('other');
    await run('reconcile');
    // The same inode, size and time under another name, with other content: only the digest differs.
    const { atime, mtime } = statSync(file);
    renameSync(file, join(mirror.settings.source, 'new'));
    writeFileSync(join(mirror.settings.source, 'new'), 'AFTER.');
    utimesSync(join(mirror.settings.source, 'new'), atime, mtime);
    await run('scan');
    expect(await objects()).toEqual({ 'p/new': 'AFTER.', 'p/other': 'other' });
  });
});

test('P1: a copy that is superseded while it waits for its next try keeps no delete waiting', async () => {
  const hours = { firstMs: 3_600_000, limitMs: 3_600_000 };
  const { mirror, faults, run, write, remove, objects } = await openMirrorFixture({
    persistence: { backoff: hours, attempts: 4, keepsTrying: true },
    longestWaitMs: hours.limitMs,
  });
  const never = new AbortController().signal;
  const file = write('old', 'content');
  write('kept');
  await run('reconcile');
  renameSync(file, join(mirror.settings.source, 'new'));
  faults.next('copyObject', broken());
  faults.next('putObject', broken());
  await mirror.intake.hint('new');
  await expect.poll(() => mirror.status(null).retrying).toBe(1);
  remove('new');
  await mirror.intake.hint('new');
  await mirror.intake.hint('old');
  await mirror.pending.whenEmpty(AbortSignal.any([never, AbortSignal.timeout(10_000)]));
  expect(await objects()).toEqual({ 'p/kept': 'kept' });
});

describe('hints', () => {
  test('lead to a stat: of new, changed and missing files, of a missing folder, and of what is not mirrored', async () => {
    const { mirror, run, write, remove, objects } = await openMirrorFixture();
    write('kept');
    write('folder/a');
    write('folder/b');
    await run('reconcile');
    const never = new AbortController().signal;
    const hint = async (path: string) => {
      await mirror.intake.hint(path);
      await mirror.pending.whenEmpty(never);
    };
    write('new/deep/file', 'new');
    await hint('new/deep/file');
    appendFileSync(join(mirror.settings.source, 'kept'), ' longer');
    await hint('kept');
    remove('folder');
    await hint('folder');
    await hint('was/never/there');
    await hint('new');
    expect(await objects()).toEqual({ 'p/new/deep/file': 'new', 'p/kept': 'kept longer' });
  });

  test('of many new, changed and touched files become one batch, and of a few a job for each', async () => {
    const { mirror, run, write, faults, objects } = await openMirrorFixture();
    const names = Array.from({ length: 60 }, (_, at) => `d${at % 3}/f${at}`);
    for (const name of names.slice(0, 40)) write(name, 'first');
    await run('reconcile');
    const puts = () =>
      faults.calls.filter((call) => call === 'putObject' || call === 'putObjects').slice(before);
    const hint = async (paths: readonly string[]) => {
      await mirror.intake.hints(paths, [], mirror.batches);
      await mirror.pending.whenEmpty(new AbortController().signal);
    };
    let before = 0;
    before = puts().length;
    for (const name of names.slice(20)) write(name, 'second content');
    for (const name of names.slice(0, 20))
      utimesSync(join(mirror.settings.source, name), 2_000_000_000, 2_000_000_000);
    await hint(names);
    expect(puts()).toEqual(['putObjects']);
    expect(Object.values(await objects()).filter((content) => content === 'first')).toHaveLength(
      20,
    );

    before += 1;
    for (const name of names.slice(0, 3)) write(name, 'third content');
    await hint(names.slice(0, 3));
    expect(puts()).toEqual(['putObject', 'putObject', 'putObject']);
  });

  test('P4: a hint of a source that was exchanged deletes nothing', async () => {
    const { mirror, run, write, objects, events } = await openMirrorFixture();
    write('a');
    await run('reconcile');
    const { source } = mirror.settings;
    renameSync(source, `${source}.away`);
    mkdirSync(source);
    writeFileSync(join(source, 'another program’s'), 'x');
    await mirror.intake.hint('a');
    await mirror.pending.whenEmpty(new AbortController().signal);
    expect(Object.keys(await objects())).toEqual(['p/a']);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'skipped', reason: 'delete-withheld' }),
    );
    rmSync(source, { recursive: true });
    renameSync(`${source}.away`, source);
  });
});

test('P6: an object of the same content is adopted although the listing has no digest', async () => {
  const { mirror, storage, faults, run, write } = await openMirrorFixture();
  const file = write('a', 'content');
  await run('reconcile');
  await mirror.parts.index.remove('a');
  const listing = storage.listObjects;
  Object.assign(mirror.parts.backend, {
    listObjects: async (...args: Parameters<typeof listing>) => {
      const page = await listing(...args);
      return { ...page, items: page.items.map((info) => ({ ...info, checksums: [] })) };
    },
  });
  const puts = faults.calls.filter((call) => call === 'putObject').length;
  expect((await run('reconcile')).report).toMatchObject({ adopted: 1, uploaded: 0 });
  expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(puts);
  expect(readFileSync(file, 'utf8')).toBe('content');
});
