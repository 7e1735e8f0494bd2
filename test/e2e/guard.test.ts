import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';
import { FILES, fill, heldId, objectsLeft } from './guard-fixture.js';

describe('P4: the guard of one-shot runs', () => {
  test('a mass of deletes is held before the first is made, reported, and made once a person approves it', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    writeFileSync(join(mirror.source, 'new'), 'new');

    const dry = await mirror.longshore('scan', '--dry-run', '--json');
    expect(dry.code).toBe(4);
    expect(summaryOf(dry)).toMatchObject({ held: FILES, deleted: 0 });
    expect(eventsOf(dry).filter(({ event }) => event === 'held')).toHaveLength(FILES);
    expect((await mirror.longshore('held')).code).toBe(0);

    for (const command of ['scan', 'reconcile']) {
      const run = await mirror.longshore(command);
      expect(run.code, run.stderr).toBe(4);
      expect(run.stderr).toContain('longshore held documents');
      expect(objectsLeft(mirror)).toBe(FILES);
    }
    expect(readFileSync(join(mirror.container, 'new'), 'utf8')).toBe('new');

    const held = await mirror.longshore('held', 'documents');
    expect(held.code).toBe(4);
    expect(held.stdout).toContain('200 deletes held since');
    const listed = eventsOf(await mirror.longshore('held', '--json'));
    expect(listed.filter(({ event }) => event === 'held').map(({ name }) => name)).toHaveLength(
      FILES,
    );

    const wrong = await mirror.longshore('approve', 'documents', '0123456789ab');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('look at it again');
    const id = await heldId(mirror);
    expect(held.stdout).toContain(`longshore approve documents ${id}`);
    expect((await mirror.longshore('approve', 'documents', id)).code).toBe(0);
    const run = await mirror.longshore('scan', '--json');
    expect(run.code).toBe(0);
    expect(summaryOf(run)).toMatchObject({ deleted: FILES, held: 0 });
    expect(mirror.differences()).toEqual([]);
  });

  test('many runs with few deletes each are held like one run with all of them', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    const codes: (number | string)[] = [];
    for (let run = 0; run < 4; run += 1) {
      for (let at = run * 20; at < (run + 1) * 20; at += 1)
        rmSync(join(mirror.source, 'folder', `f${at}`));
      codes.push((await mirror.longshore('scan')).code);
    }
    expect(codes).toEqual([0, 0, 4, 4]);
    expect(objectsLeft(mirror)).toBe(FILES - 40);
  });

  test('rejected deletes keep their objects; the rejection ends when the files are back', async () => {
    const mirror = openLocalMirror();
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    renameSync(join(mirror.source, 'folder'), join(mirror.folder, 'aside'));
    expect((await mirror.longshore('scan')).code).toBe(4);
    expect((await mirror.longshore('reject', 'documents', await heldId(mirror))).code).toBe(0);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect(objectsLeft(mirror)).toBe(FILES);
    // Taken back, they are due again.
    expect((await mirror.longshore('reject', 'documents', '--undo')).code).toBe(0);
    expect((await mirror.longshore('scan')).code).toBe(4);
    renameSync(join(mirror.folder, 'aside'), join(mirror.source, 'folder'));
    expect((await mirror.longshore('scan')).code).toBe(0);
    expect((await mirror.longshore('held')).stdout).toContain('nothing is held');
    expect(mirror.differences()).toEqual([]);
  });

  test('P4: extraneous objects whose delete was rejected stay, however few they are in the next run', async () => {
    const mirror = openLocalMirror(
      '    extraneous: delete\n    guard: { count: 5, percentage: 100%, at_least: 1 }\n',
    );
    mirror.write('mine');
    await mirror.longshore('reconcile');
    const names = Array.from({ length: 6 }, (_, at) => `foreign ${at}`);
    for (const name of names) writeFileSync(join(mirror.container, name), name);
    expect((await mirror.longshore('reconcile')).code).toBe(4);
    expect((await mirror.longshore('held', 'documents')).stdout).toMatch(
      /delete 6 objects .*; their names: longshore reconcile documents --dry-run/,
    );
    expect((await mirror.longshore('reject', 'documents', await heldId(mirror))).stdout).toMatch(
      /6 rejected; the objects are kept/,
    );
    const next = await mirror.longshore('reconcile', '--json');
    expect([
      next.code,
      next.stdout.match(/its delete was rejected; to be asked again: longshore reject --undo/g)
        ?.length,
    ]).toEqual([0, 6]);
    // One object fewer: the guard cannot know whether it is one of the rejected ones, so it asks a person.
    rmSync(join(mirror.container, 'foreign 0'));
    expect((await mirror.longshore('reconcile')).code).toBe(4);
    expect(mirror.objects()).toEqual([...names.slice(1), 'mine']);
  });

  test('guard: off lets a run make all deletes', async () => {
    const mirror = openLocalMirror('    guard: off\n');
    fill(mirror);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    rmSync(join(mirror.source, 'folder'), { recursive: true });
    expect((await mirror.longshore('scan')).code).toBe(0);
    expect(mirror.differences()).toEqual([]);
  });

  test('held, approve and reject refuse wrong arguments', async () => {
    const mirror = openLocalMirror();
    expect((await mirror.longshore('reject', 'documents')).code).toBe(2);
    expect((await mirror.longshore('approve', 'documents')).code).toBe(2);
    expect((await mirror.longshore('held', 'nonsense')).code).toBe(2);
    const nothing = await mirror.longshore('approve', 'documents', '0123456789ab');
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toContain('nothing is held');
  });
});
