import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/sync/decide.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

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
    await run.awaited.whenEmpty(new AbortController().signal);
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
