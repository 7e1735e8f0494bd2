import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endWhenDone } from './world/end-when-done.js';
import { eventually } from './world/eventually.js';
import { openLocalMirror } from './world/mirror-in-a-folder.js';
import { summaryOf } from './world/program.js';

// The walks that every user takes, on the built program; each has tests of its own in test/e2e.
describe('the built program', () => {
  it('P1: mirrors a folder, then has nothing to do, then follows changes and deletes', async () => {
    const { write, source, longshore, differences } = openLocalMirror();
    write('deep/er/a');
    write('ü 😀');
    write('gone');
    expect(summaryOf(await longshore('--reconcile', '--json'))).toMatchObject({
      uploaded: 3,
      failed: 0,
    });
    expect(differences()).toEqual([]);
    expect(summaryOf(await longshore('--reconcile', '--json'))).toMatchObject({
      uploaded: 0,
      unchanged: 3,
    });
    rmSync(join(source, 'gone'));
    write('deep/er/a', 'another content');
    expect(summaryOf(await longshore('--reconcile', '--json'))).toMatchObject({
      uploaded: 1,
      deleted: 1,
    });
    expect(differences()).toEqual([]);
  });

  it('announces what it would do with --dry-run, exits 5 and changes nothing', async () => {
    const { write, container, longshore } = openLocalMirror();
    write('a');
    const plan = await longshore('--reconcile', '--dry-run');
    expect(plan.code).toBe(5);
    expect(plan.stdout).toContain('a');
    expect(existsSync(container)).toBe(false);
  });

  it('P1, P5: mirrors what changes while it runs, survives kill -9, and drains at SIGTERM', async () => {
    const { write, daemon, differences, container, state } = openLocalMirror();
    write('before');
    const first = daemon();
    await eventually(() => expect(differences()).toEqual([]));
    write('while it runs');
    await eventually(() => expect(differences()).toEqual([]));
    first.kill('SIGKILL');
    await first.finished;
    write('while nothing ran', 'content');
    const second = daemon();
    await eventually(() => expect(differences()).toEqual([]));
    await endWhenDone({ state }, second);
    expect(readFileSync(join(container, 'while nothing ran'), 'utf8')).toBe('content');
  });

  it('P4: holds the deletes of most of a mirror until a person approves them', async () => {
    const { write, source, longshore, objects } = openLocalMirror(
      '    guard: { percentage: 50%, at_least: 2 }\n',
    );
    for (const name of ['a', 'b', 'c', 'd']) {
      const path = write(name);
      utimesSync(path, 1e9, 1e9);
    }
    expect((await longshore('--reconcile')).code).toBe(0);
    for (const name of ['a', 'b', 'c']) rmSync(join(source, name));
    const held = await longshore('--reconcile', '--json');
    expect(objects()).toEqual(['a', 'b', 'c', 'd']);
    expect(held.code).toBe(4);
    const id = String(summaryOf(await longshore('held', 'documents', '--json'))['id']);
    expect((await longshore('approve', 'documents', id)).code).toBe(0);
    expect((await longshore('--reconcile')).code).toBe(0);
    expect(objects()).toEqual(['d']);
  });
});
