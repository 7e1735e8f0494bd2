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
import type { Backend } from '../../../src/drivers/backend.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  StorageError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import type { Decision } from '../../../src/sync/decide.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const broken = (retry: 'backoff' | 'never' = 'backoff') =>
  new StorageError('503 from the provider', { driver: 'memory', retry });

describe('P2: verified', () => {
  test('a checksum that is not that of the bytes sent is tried again, and only the right one is recorded', async () => {
    const { mirror, faults, run, write, objects } = await openMirrorFixture();
    write('a', 'content');
    faults.next('putObject', 'wrong checksum');
    const { report } = await run('scan');
    faults.assertUsedUp();
    expect(report).toMatchObject({ uploaded: 1, failed: 0 });
    expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(2);
    expect(mirror.parts.index.get('a')).toMatchObject({ state: 'confirmed', size: 7 });
    expect(await objects()).toEqual({ 'p/a': 'content' });
  });

  test('at the limit the object is quarantined and never recorded as mirrored; the next run tries again', async () => {
    const { mirror, faults, run, write, events } = await openMirrorFixture();
    write('a');
    write('b');
    for (let attempt = 0; attempt < 4; attempt += 1) faults.next('putObject', 'wrong checksum');
    for (let attempt = 0; attempt < 4; attempt += 1) faults.next('putObject', 'wrong checksum');
    const { report } = await run('scan');
    faults.assertUsedUp();
    expect(report).toMatchObject({ uploaded: 0, failed: 2 });
    expect(mirror.parts.index.get('a')?.state).toBe('sending');
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'failed',
        name: 'a',
        attempt: 4,
        retryInMs: null,
        error: expect.stringContaining('hash'),
      }),
    );
    expect((await run('scan')).report).toMatchObject({ uploaded: 2, failed: 0 });
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
  });

  test('a daemon quarantines it, and goes on trying', async () => {
    let lies = true;
    const lying = (backend: Backend): Backend => ({
      ...backend,
      async putObject(...args) {
        const info = await backend.putObject(...args);
        return lies ? { ...info, checksums: [{ algorithm: 'md5', hex: '0'.repeat(32) }] } : info;
      },
    });
    const { mirror, run, write, events } = await openMirrorFixture({
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 2, keepsTrying: true },
      wrap: lying,
    });
    write('a');
    const { report } = await run('scan');
    expect(report).toMatchObject({ uploaded: 0, failed: 1 });
    const { quarantined } = mirror.status(null);
    expect(quarantined).toEqual([expect.objectContaining({ name: 'a', reason: 'hash-mismatch' })]);
    const states = () =>
      events.flatMap((event) => (event.event === 'state-changed' ? [event.state] : []));
    expect(states()).toContain('failing');
    expect(states()).not.toContain('in-sync');
    lies = false;
    await expect.poll(() => mirror.status(null).quarantined).toEqual([]);
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
    expect(mirror.status(null)).toMatchObject({ quarantined: [], state: 'in-sync', lagSeconds: 0 });
  });
});

test('P2: after a wrong checksum in an answer the object itself is compared, and no byte is sent twice', async () => {
  const { mirror, faults, run, write } = await openMirrorFixture();
  write('a', 'content');
  faults.next('putObject', 'wrong checksum');
  expect((await run('reconcile')).report).toMatchObject({ uploaded: 0, adopted: 1, failed: 0 });
  expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(1);
  expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
});

describe('P5: write-ahead', () => {
  test('the record says sending before the first byte goes out, and confirmed only afterwards', async () => {
    const { mirror, faults, run, write } = await openMirrorFixture();
    write('a');
    faults.next('putObject', broken());
    const states: (string | undefined)[] = [];
    const { index } = mirror.parts;
    const put = index.put;
    Object.assign(index, {
      put: (name: string, record: Parameters<typeof put>[1]) => {
        states.push(
          `${record.state} after ${faults.calls.filter((call) => call === 'putObject').length} puts`,
        );
        return put(name, record);
      },
    });
    await run('reconcile');
    expect(states).toEqual([
      'sending after 0 puts',
      'sending after 1 puts',
      'confirmed after 2 puts',
    ]);
  });

  test('a put whose answer was lost is sent again or adopted, and ends confirmed', async () => {
    const { mirror, faults, run, write, objects } = await openMirrorFixture();
    write('a', 'content');
    faults.next('putObject', { lost: broken() });
    expect((await run('reconcile')).report).toMatchObject({ failed: 0 });
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
    expect(await objects()).toEqual({ 'p/a': 'content' });
  });

  test('an object whose upload was never confirmed is deleted when its file is gone', async () => {
    const { mirror, faults, run, write, remove, objects } = await openMirrorFixture({
      persistence: { backoff: { firstMs: 1, limitMs: 1 }, attempts: 1, keepsTrying: false },
    });
    write('kept');
    await run('reconcile');
    write('a');
    faults.next('putObject', { lost: broken('never') });
    expect((await run('scan')).report).toMatchObject({ failed: 1 });
    expect(mirror.parts.index.get('a')?.state).toBe('sending');
    remove('a');
    expect((await run('scan')).report).toMatchObject({ deleted: 1 });
    expect(await objects()).toEqual({ 'p/kept': 'kept' });
    expect(mirror.parts.index.get('a')).toBeUndefined();
  });
});

describe('P8: one bad file never stops the rest', () => {
  test('an object that the provider refuses for good is reported at once, the others are sent', async () => {
    const { faults, run, write } = await openMirrorFixture();
    for (const name of ['a', 'b', 'c']) write(name);
    faults.next('putObject', broken('never'));
    const { report } = await run('reconcile');
    expect(report).toMatchObject({ uploaded: 2, failed: 1 });
    expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(3);
  });
});

describe('rights that are missing', () => {
  test('P8: to one object fail that object, and the others are sent', async () => {
    const { faults, run, write, events } = await openMirrorFixture();
    for (const name of ['a', 'b', 'c']) write(name);
    faults.next(
      'putObject',
      new ObjectAccessDeniedError('p/a', 'was refused: 403', { driver: 'memory' }),
    );
    const { report } = await run('reconcile');
    expect(report).toMatchObject({ uploaded: 2, failed: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'failed',
        error: expect.stringContaining('403'),
        retryInMs: null,
      }),
    );
  });

  test('to a container of the provider’s own (of segments) fail the object', async () => {
    const { faults, run, write } = await openMirrorFixture();
    for (const name of ['a', 'b']) write(name);
    faults.next(
      'putObject',
      new ContainerAccessDeniedError('c_segments', 'was refused: 403', { driver: 'memory' }),
    );
    expect((await run('reconcile')).report).toMatchObject({ uploaded: 1, failed: 1 });
  });
});

describe('a container that is gone, or closed', () => {
  test.each([
    new ContainerDoesNotExistError('c', { driver: 'memory' }),
    new ContainerAccessDeniedError('c', 'was refused: 403', { driver: 'memory' }),
  ])(
    'ends the run of its mirror, not the work of its target; nothing is burnt: %s',
    async (error) => {
      const fixture = await openMirrorFixture({ batches: false });
      const { mirror, faults, run, write, events, objects } = fixture;
      for (let at = 0; at < 20; at += 1) write(`f${at}`);
      faults.next('putObject', error);
      await expect(run('reconcile')).rejects.toBe(error);
      faults.assertUsedUp();
      expect(events.filter(({ event }) => event === 'failed' || event === 'run-finished')).toEqual(
        [],
      );
      expect(mirror.parts.health.trouble).toBeUndefined();
      expect(mirror.parts.ledger.read().lastReconcile).toBeUndefined();
      await mirror.parts.queue.whenIdle(); // jobs of the run that ended report the same trouble
      mirror.containerTrouble.over();
      expect((await run('reconcile')).report).toMatchObject({ failed: 0 });
      expect(Object.keys(await objects())).toHaveLength(20);
    },
  );
});

describe('a target that is down', () => {
  test.each([
    [
      'unreachable',
      new TargetUnavailableError('connection refused', { driver: 'memory', retry: 'backoff' }),
    ],
    ['refusing the credentials', new InvalidCredentialsError('403', { driver: 'memory' })],
  ])(
    '%s: its work waits, no attempt is burnt, and all is sent when it is back',
    async (_what, error) => {
      const { mirror, faults, run, write, events } = await openMirrorFixture({ batches: false });
      for (let at = 0; at < 20; at += 1) write(`f${at}`);
      for (let times = 0; times < 6; times += 1) faults.next('putObject', error);
      faults.next('headContainer', error);
      faults.next('headContainer', error);
      const { report } = await run('reconcile');
      faults.assertUsedUp();
      expect(report).toMatchObject({ uploaded: 20, failed: 0 });
      expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
      expect(mirror.parts.health.trouble).toBeUndefined();
    },
  );

  test('a listing that fails ends the run, and nothing is deleted', async () => {
    const { faults, run, write, remove, objects } = await openMirrorFixture();
    write('a');
    write('b');
    await run('reconcile');
    remove('a');
    faults.next('listObjects', broken('never'));
    await expect(run('reconcile')).rejects.toThrow('503 from the provider');
    expect(Object.keys(await objects())).toEqual(['p/a', 'p/b']);
  });
});

describe('P4: deletes', () => {
  test('nothing is deleted before a reconcile has finished on this index', async () => {
    const { mirror, faults, run, write, remove, objects } = await openMirrorFixture();
    write('a');
    write('b');
    await run('reconcile');
    await mirror.parts.ledger.update((document) => ({ ...document, reconciled: false }));
    remove('a');
    const { report } = await run('scan');
    expect(report.deleted).toBe(0);
    expect(Object.keys(await objects())).toEqual(['p/a', 'p/b']);
    faults.assertUsedUp();
  });

  test('a folder goes in few requests, and the answer is read key by key', async () => {
    const { faults, run, write, remove, objects } = await openMirrorFixture();
    for (let at = 0; at < 200; at += 1) write(`folder/f${at}`);
    write('kept');
    await run('reconcile');
    remove('folder');
    const before = faults.calls.length;
    expect((await run('scan')).report).toMatchObject({ deleted: 200 });
    const requests = faults.calls
      .slice(before)
      .filter((call) => call === 'deleteObjects' || call === 'deleteObject');
    expect(requests.every((call) => call === 'deleteObjects')).toBe(true);
    expect(requests.length).toBeLessThan(20);
    expect(await objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('deletes: keep leaves the objects; a file that comes back unchanged is not sent again', async () => {
    const { mirror, run, write, objects } = await openMirrorFixture({
      mirror: { deletes: 'keep' },
    });
    const file = write('a');
    write('b');
    await run('reconcile');
    renameSync(file, `${mirror.settings.source}/../aside`);
    expect((await run('scan')).report).toMatchObject({ deleted: 0, failed: 0 });
    expect(Object.keys(await objects())).toEqual(['p/a', 'p/b']);
    renameSync(`${mirror.settings.source}/../aside`, file);
    expect((await run('scan')).report).toMatchObject({ uploaded: 0, bytes: 0 });
  });
});

describe('a listing that is older than the object', () => {
  const absent = async (
    { mirror }: MirrorFixture,
    decision: Decision,
    local: LocalEntry | undefined,
  ) => {
    const run = mirror.runs.begin(mirror.parts.index);
    await mirror.intake.enqueue({ name: 'late', local, remote: 'absent', decision }, run);
    await run.pending.whenEmpty(new AbortController().signal);
  };

  test('P5: an object is not forgotten as absent: it is deleted with its file', async () => {
    const fixture = await openMirrorFixture();
    const { mirror, run, write, remove, objects } = fixture;
    write('other');
    write('late');
    await run('reconcile');
    remove('late');
    await absent(fixture, { action: 'forget' }, undefined);
    expect(await objects()).toEqual({ 'p/other': 'other' });
    expect(mirror.parts.index.get('late')).toBeUndefined();
  });

  test('an object that is gone for sure is forgotten', async () => {
    const fixture = await openMirrorFixture();
    const { mirror, storage, run, write, remove, faults } = fixture;
    write('other');
    write('late');
    await run('reconcile');
    remove('late');
    await storage.deleteObject(
      { container: 'c', key: 'p/late' },
      { signal: new AbortController().signal },
    );
    await absent(fixture, { action: 'forget' }, undefined);
    expect(mirror.parts.index.get('late')).toBeUndefined();
    expect(faults.calls).not.toContain('deleteObjects');
  });

  test('it is kept in the trash before it is replaced', async () => {
    const fixture = await openMirrorFixture({ mirror: { deletes: 'trash' } });
    const { mirror, run, write, objects } = fixture;
    write('late', 'before');
    await run('reconcile');
    write('late', 'after that');
    const look = mirror.source.statPath('late');
    await absent(
      fixture,
      { action: 'upload', why: 'changed' },
      look.found === 'entry' ? look.entry : undefined,
    );
    expect(Object.values(await objects()).sort()).toEqual(['after that', 'before']);
  });
});

describe('P4: a source that is not what it was', () => {
  test.each([
    {
      now: 'empty',
      why: /is empty/,
      change: (source: string) => renameSync(join(source, 'a'), `${source}.away`),
      undo: (source: string) => renameSync(`${source}.away`, join(source, 'a')),
    },
    {
      now: 'another folder',
      why: /not the folder that was mirrored before/,
      change(source: string) {
        renameSync(source, `${source}.away`);
        mkdirSync(source);
        writeFileSync(join(source, 'another program’s'), 'x');
      },
      undo(source: string) {
        rmSync(source, { recursive: true });
        renameSync(`${source}.away`, source);
      },
    },
  ])(
    '$now: the mirror says so, and what to do, until the right one is back',
    async ({ why, change, undo }) => {
      const { mirror, run, write, objects } = await openMirrorFixture();
      write('a');
      await run('reconcile');
      change(mirror.settings.source);
      await run('scan');
      expect(mirror.status(null)).toMatchObject({
        state: 'source-changed',
        why: expect.stringMatching(why),
      });
      expect(mirror.status(null).why).toContain('longshore accept-source m');
      expect(Object.keys(await objects())).toContain('p/a');
      undo(mirror.settings.source);
      await run('scan');
      expect(mirror.status(null)).toMatchObject({ state: 'in-sync', why: '' });
    },
  );

  test('but for a new mirror, which may begin with an empty one', async () => {
    const { mirror, run } = await openMirrorFixture();
    await run('reconcile');
    expect(mirror.status(null)).toMatchObject({ state: 'in-sync', why: '' });
  });
});

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
