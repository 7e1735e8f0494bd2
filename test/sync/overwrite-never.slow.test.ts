import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import { StorageError } from '../../src/drivers/errors.js';
import { recordOf } from '../../src/sync/work/record-of.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../world/mirror-in-process.js';

const never = new AbortController().signal;

/** A mirror whose first reconcile is over, so that later runs list nothing. */
async function open(options: FixtureOptions = {}): Promise<MirrorFixture> {
  const fixture = await openMirrorFixture({
    ...options,
    mirror: { overwrite: 'never', metadata: ['mtime'], ...options.mirror },
  });
  fixture.write('kept');
  await fixture.run('reconcile');
  return fixture;
}

async function putForeign(
  storage: Backend,
  name: string,
  content = 'another program’s',
): Promise<void> {
  const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
  await storage.putObject(
    { container: 'c', key: `p/${name}` },
    bytesBody(Buffer.from(content)),
    options,
    { signal: never },
  );
}

async function hint({ mirror }: MirrorFixture, path: string): Promise<void> {
  await mirror.intake.hint(path);
  await mirror.pending.whenEmpty(never);
}

/** Writes what is written ahead of a first sending, as a process leaves it that is killed right after. */
async function markAsSending({ mirror }: MirrorFixture, path: string): Promise<void> {
  const look = mirror.source.stat(path);
  if (look.found !== 'entry') throw new Error(`${path} was not found`);
  await mirror.parts.index.put(
    path,
    recordOf(look.entry, { md5: 'e'.repeat(32) }, Date.now(), 'sending'),
  );
}

const refused = expect.objectContaining({
  event: 'skipped',
  path: 'new',
  reason: 'overwrite-refused',
});

describe('overwrite: never, where the container was not listed', () => {
  test.each(['scan', 'hint'] as const)(
    'a new file found by a %s does not replace an object of another program',
    async (how) => {
      const fixture = await open();
      await putForeign(fixture.storage, 'new');
      fixture.write('new', 'ours');
      if (how === 'scan')
        expect((await fixture.run('scan')).report).toMatchObject({ uploaded: 0, skipped: 1 });
      else await hint(fixture, 'new');
      expect(fixture.events).toContainEqual(refused);
      expect(await fixture.objects()).toMatchObject({ 'p/new': 'another program’s' });
      fixture.remove('new');
      await fixture.run('scan');
      expect(await fixture.objects()).toMatchObject({ 'p/new': 'another program’s' });
    },
  );

  test('an object of the same content is adopted, and no object is in the way of a new one', async () => {
    const { storage, write, run, objects } = await open();
    await putForeign(storage, 'same', 'same content');
    write('same', 'same content');
    write('new');
    expect((await run('scan')).report).toMatchObject({ adopted: 1, uploaded: 1, skipped: 0 });
    expect(Object.keys(await objects())).toEqual(['p/kept', 'p/new', 'p/same']);
  });

  test('a file that was renamed is not copied over an object of another program', async () => {
    const { mirror, storage, run, objects } = await open();
    await putForeign(storage, 'new');
    renameSync(join(mirror.settings.source, 'kept'), join(mirror.settings.source, 'new'));
    await run('scan');
    // Its content is nowhere else: the object under its old name stays as well.
    expect(await objects()).toEqual({ 'p/new': 'another program’s', 'p/kept': 'kept' });
  });

  test('a renamed file is still copied, not sent', async () => {
    const { mirror, run } = await open();
    renameSync(join(mirror.settings.source, 'kept'), join(mirror.settings.source, 'new'));
    expect((await run('scan')).report).toMatchObject({ copied: 1, uploaded: 0, deleted: 1 });
  });

  test('with overwrite: always no object is asked for first', async () => {
    const { faults, write, run } = await open({
      mirror: { overwrite: 'always' },
    });
    write('new');
    await run('scan');
    expect(faults.calls).not.toContain('headObject');
  });
});

/** Lets an object of another program appear between the look at its name and the put. */
function raced(storage: Backend): Backend {
  let due = true;
  return {
    ...storage,
    async putObject(ref, body, options, call) {
      if (ref.key === 'p/new' && due) {
        due = false;
        await putForeign(storage, 'new');
      }
      return storage.putObject(ref, body, options, call);
    },
  };
}

describe('overwrite: never, at the last moment', () => {
  test('an object that appears between HEAD and put is not replaced, and not taken for ours', async () => {
    const { mirror, write, run, remove, events, objects } = await open({ wrap: raced });
    write('new', 'ours');
    expect((await run('scan')).report).toMatchObject({ uploaded: 0, failed: 0, skipped: 1 });
    expect(events).toContainEqual(refused);
    expect(mirror.parts.index.get('new')).toBeUndefined();
    remove('new');
    await run('scan');
    expect(await objects()).toMatchObject({ 'p/new': 'another program’s' });
  });

  test('our own put whose answer was lost is found again', async () => {
    const { mirror, faults, write, run } = await open();
    faults.next('putObject', {
      lost: new StorageError('connection lost', { driver: 'memory', retry: 'backoff' }),
    });
    write('new', 'ours');
    expect((await run('scan')).report).toMatchObject({ failed: 0, skipped: 0 });
    expect(mirror.parts.index.get('new')).toMatchObject({ state: 'confirmed' });
    faults.assertUsedUp();
  });

  test('P4, P5: a process that was killed before a first sending replaces and deletes nothing of another program', async () => {
    const fixture = await open();
    await putForeign(fixture.storage, 'new');
    await putForeign(fixture.storage, 'gone');
    fixture.write('new', 'ours');
    fixture.write('gone', 'ours');
    await markAsSending(fixture, 'new');
    await markAsSending(fixture, 'gone');
    fixture.remove('gone');
    expect((await fixture.run('scan')).report).toMatchObject({
      uploaded: 0,
      deleted: 0,
      skipped: 1,
    });
    expect(fixture.mirror.parts.index.count()).toBe(1);
    expect(await fixture.objects()).toMatchObject({
      'p/new': 'another program’s',
      'p/gone': 'another program’s',
    });
  });

  test('P1, P5: what was sent before the process was killed is replaced by the present file, and deleted with it', async () => {
    const fixture = await open();
    for (const name of ['changed', 'gone', 'kept']) {
      const before = fixture.mirror.parts.index.get(name);
      fixture.write(name, `${name}, as it was sent`);
      await hint(fixture, name);
      const sent = fixture.mirror.parts.index.get(name);
      if (!sent) throw new Error('not recorded');
      // As a large file is marked, whose digest was not known before it was read.
      const { etag: _, ...mark } = sent;
      await fixture.mirror.parts.index.put(name, {
        ...mark,
        ...(before?.etag ? { etag: before.etag } : {}),
        md5: '',
        state: 'sending',
      });
    }
    fixture.write('changed', 'new content');
    fixture.remove('gone');
    expect((await fixture.run('scan')).report).toMatchObject({
      uploaded: 1,
      adopted: 1,
      deleted: 1,
      skipped: 0,
    });
    expect(await fixture.objects()).toEqual({
      'p/changed': 'new content',
      'p/kept': 'kept, as it was sent',
    });
  });

  test('an overwrite that was marked and never sent is made after all', async () => {
    const { mirror, write, run, objects } = await open();
    const known = mirror.parts.index.get('kept');
    if (!known) throw new Error('not recorded');
    await mirror.parts.index.put('kept', { ...known, md5: 'e'.repeat(32), state: 'sending' });
    write('kept', 'changed once more');
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, skipped: 0 });
    expect(await objects()).toEqual({ 'p/kept': 'changed once more' });
  });
});
