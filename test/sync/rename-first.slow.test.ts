import { appendFileSync, chmodSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ObjectTooLargeError, StorageError } from '../../src/drivers/errors.js';
import { failing, open, settled, shortNames, signal } from './renames-fixture.js';

describe('P4: the object under the old name of a file stays, and the run says so, while the new one', () => {
  const withheld = { event: 'skipped', path: 'old', reason: 'delete-withheld' };

  test.each<readonly [string, () => Error]>([
    ['is refused for good', () => new StorageError('no', { driver: 'memory', retry: 'never' })],
    [
      'fails at each attempt',
      () => new StorageError('503', { driver: 'memory', retry: 'backoff' }),
    ],
    ['is too large', () => new ObjectTooLargeError('p/new', 'is too large', { driver: 'memory' })],
  ])('%s', async (_what, error) => {
    let fails = true;
    const fixture = await open({
      wrap: failing((key) => (fails && key === 'p/new' ? error() : undefined)),
    });
    fixture.mv('old', 'new');
    expect((await fixture.run('reconcile')).report).toMatchObject({ deleted: 0, failed: 1 });
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 0, failed: 1 });
    fails = false;
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 1, failed: 0 });
    expect(await fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });

  test('is quarantined once, and later confirmed: then the delete follows without a scan', async () => {
    let fails = true;
    const refused = new StorageError('no', { driver: 'memory', retry: 'never' });
    const fixture = await open({
      wrap: failing((key) => (fails && key === 'p/new' ? refused : undefined)),
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 1, keepsTrying: true },
    });
    fixture.mv('old', 'new');
    await fixture.mirror.intake.hints(['old', 'new']);
    await expect.poll(() => fixture.events).toContainEqual(expect.objectContaining(withheld));
    fails = false;
    await expect.poll(() => fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
    expect(fixture.mirror.missed.take()).toBe(false);
  });

  test.skipIf(process.getuid?.() === 0)('cannot be read', async () => {
    const fixture = await open();
    fixture.mv('old', 'new');
    appendFileSync(fixture.at('new'), ' and more');
    chmodSync(fixture.at('new'), 0);
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
  });

  test('would replace an object of another client (overwrite: never)', async () => {
    const fixture = await open({
      mirror: { overwrite: 'never' },
    });
    const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
    const body = { size: 2, replayable: true, open: async function* () { yield Buffer.from('it'); } }; // biome-ignore format: short
    await fixture.storage.putObject({ container: 'c', key: 'p/new' }, body, options, { signal });
    fixture.mv('old', 'new');
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({
      'p/old': 'content',
      'p/new': 'it',
      'p/kept': 'kept',
    });
    expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
  });

  test.each<
    readonly [string, (how: 'scan' | 'hints') => boolean, (source: string) => string | Buffer]
  >([
    ['is too long', () => true, (source) => join(source, 'x'.repeat(250))],
    ['is one that longshore keeps for itself', () => true, (source) => join(source, '.longshore')],
    [
      'is not UTF-8',
      (how) => how === 'scan',
      (source) => Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x66, 0xff])]),
    ],
  ])('%s', async (_what, isFoundBy, to) => {
    const fixture = await open({ wrap: shortNames });
    const { source } = fixture.mirror.settings;
    for (const how of ['hints', 'scan'] as const) {
      if (!isFoundBy(how)) continue;
      renameSync(fixture.at('old'), to(source));
      if (how === 'scan') await fixture.run('scan');
      else {
        await fixture.mirror.intake.hints(['old', String(to(''))]);
        await settled(fixture);
      }
      expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
      expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
      renameSync(to(source), fixture.at('old'));
    }
    renameSync(fixture.at('old'), to(source));
    rmSync(to(source));
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('could not be recorded', async () => {
    const fixture = await open();
    const { index } = fixture.mirror.parts;
    const { put } = index;
    Object.assign(index, {
      put: (...args: Parameters<typeof put>) =>
        args[0] === 'new' ? Promise.reject(new Error('EIO')) : put(...args),
    });
    fixture.mv('old', 'new');
    await fixture.run('scan');
    expect(await fixture.objects()).toMatchObject({ 'p/old': 'content', 'p/kept': 'kept' });
    Object.assign(index, { put });
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });

  test('fails in a daemon, and is deleted as soon as the new one is confirmed', async () => {
    let fails = true;
    const fixture = await open({
      wrap: failing((key) =>
        fails && key === 'p/new'
          ? new StorageError('503', { driver: 'memory', retry: 'backoff' })
          : undefined,
      ),
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 2, keepsTrying: true },
    });
    fixture.mv('old', 'new');
    await fixture.mirror.intake.hints(['old', 'new']);
    await settled(fixture);
    expect(fixture.mirror.status(null).quarantined).toHaveLength(1);
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    fails = false;
    await expect.poll(() => fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });
});

describe('the object under the old name of a file is deleted', () => {
  test('when the file has left the source', async () => {
    const fixture = await open();
    renameSync(fixture.at('old'), `${fixture.mirror.settings.source}-elsewhere`);
    await fixture.mirror.intake.hints(['old']);
    await settled(fixture);
    rmSync(`${fixture.mirror.settings.source}-elsewhere`);
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('when the file is excluded under its new name', async () => {
    const fixture = await open({ mirror: { exclude: ['*.tmp'] } });
    fixture.mv('old', 'old.tmp');
    await fixture.mirror.intake.hints(['old', 'old.tmp']);
    await settled(fixture);
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('when it was a hard link, as soon as the other name is confirmed', async () => {
    const fixture = await open();
    linkSync(fixture.at('old'), fixture.at('linked'));
    await fixture.run('scan');
    rmSync(fixture.at('old'));
    await fixture.mirror.intake.hints(['old']);
    await settled(fixture);
    expect(await fixture.objects()).toEqual({ 'p/linked': 'content', 'p/kept': 'kept' });
  });

  test('once the scans were made that are due, and not before', async () => {
    const fixture = await open();
    const end = fixture.mirror.scansDue.begin({ sinceMs: Number.NEGATIVE_INFINITY });
    mkdirSync(fixture.at('folder'));
    fixture.mv('old', 'folder/new');
    await fixture.mirror.intake.hints(['old']);
    await expect.poll(() => fixture.mirror.status(null).running).toEqual([]);
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    expect(fixture.mirror.status(null)).toMatchObject({ queued: 1 });
    const before = fixture.faults.calls.filter((call) => call === 'copyObject').length;
    await fixture.mirror.intake.hints(['folder/new']);
    end();
    await settled(fixture);
    expect(await fixture.objects()).toEqual({ 'p/folder/new': 'content', 'p/kept': 'kept' });
    expect(fixture.faults.calls.filter((call) => call === 'copyObject')).toHaveLength(before + 1);
  });
});
