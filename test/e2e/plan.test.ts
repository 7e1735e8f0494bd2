import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Finished } from '../world/program.js';
import { digestsBelow } from '../world/tree.js';

const FILES = 120;

/** A mirror with new, changed, renamed and removed files that are still to be mirrored, more of them than the guard lets pass. */
async function openChangedMirror(mirror = ''): Promise<LocalMirror> {
  const place = openLocalMirror(mirror);
  for (let at = 0; at < FILES; at += 1) place.write(`old/${at}`, `content ${at}`);
  place.write('changed', 'before');
  place.write('kept', 'kept');
  expect((await place.longshore('--reconcile')).code).toBe(0);
  rmSync(join(place.source, 'old', '0'));
  for (let at = 20; at < FILES; at += 1) rmSync(join(place.source, 'old', `${at}`));
  renameSync(join(place.source, 'old', '1'), join(place.source, 'renamed'));
  place.write('changed', 'after it was changed');
  place.write('new');
  return place;
}

const jobs = (result: Finished) =>
  eventsOf(result)
    .filter(({ event }) => event === 'done')
    .map(({ job, name }) => `${job} ${name}`)
    .sort();
const outdated = (result: Finished) =>
  eventsOf(result)
    .filter(({ event }) => event === 'skipped')
    .map(({ path, reason, detail }) => `${path}: ${reason}: ${detail}`)
    .sort();

describe('a plan', () => {
  test('changes nothing, says what would be done, and is applied unchanged, deletes included', async () => {
    const mirror = await openChangedMirror();
    const before = digestsBelow(mirror.container);
    const made = await mirror.longshore('reconcile', '--plan', 'a.plan');
    expect(made.code, made.stderr).toBe(5);
    expect(made.stderr).toContain('has 105 actions');
    expect(digestsBelow(mirror.container)).toEqual(before);

    const shown = await mirror.longshore('plan', 'show', 'a.plan');
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout).toContain('documents: upload_object new');
    expect(shown.stdout).toContain('documents: delete_object old/77');
    expect(shown.stdout).toContain('documents: copy_object renamed (renamed from old/1)');
    expect(shown.stdout).toMatch(/102 to delete \(.*\)/);
    expect(shown.stdout).toMatch(/requests: 3 write, \d+ read, 102 delete\n/);
    const summary = await mirror.longshore('plan', 'show', '--summary', 'a.plan');
    expect(summary.stdout).not.toContain('delete_object');

    const applied = await mirror.longshore('apply', 'a.plan', '--json');
    expect(applied.code, applied.stderr).toBe(0);
    expect(jobs(applied)).toHaveLength(105);
    expect(mirror.differences()).toEqual([]);
    expect((await mirror.longshore('--reconcile', '--dry-run')).code).toBe(0);
  });

  test('is carried out but for what has changed since, which is named with exit code 5', async () => {
    const mirror = await openChangedMirror();
    expect((await mirror.longshore('reconcile', '--plan', 'a.plan')).code).toBe(5);
    mirror.write('old/0', 'back again');
    mirror.write('new', 'other content of another size');
    mirror.write('never planned');
    rmSync(join(mirror.container, 'old', '50'));
    writeFileSync(join(mirror.container, 'old', '51'), 'written by another program');
    const applied = await mirror.longshore('apply', 'a.plan', '--json');
    expect(applied.code, applied.stderr).toBe(5);
    expect(outdated(applied)).toEqual([
      'new: plan-outdated: the file has changed',
      'old/0: plan-outdated: the file is there again',
      'old/50: plan-outdated: the object is gone from the container',
      'old/51: plan-outdated: the object in the container is another one',
    ]);
    expect(jobs(applied)).toHaveLength(101);
    expect(existsSync(join(mirror.container, 'never planned'))).toBe(false);
    expect(readFileSync(join(mirror.container, 'old', '51'), 'utf8')).toBe(
      'written by another program',
    );
    expect(readFileSync(join(mirror.container, 'old', '0'), 'utf8')).toBe('content 0');
  });

  test('that was applied has nothing that may be done again', async () => {
    const mirror = await openChangedMirror();
    expect((await mirror.longshore('reconcile', '--plan', 'a.plan')).code).toBe(5);
    expect((await mirror.longshore('apply', 'a.plan')).code).toBe(0);
    const again = await mirror.longshore('apply', 'a.plan', '--json');
    expect(again.code, again.stderr).toBe(5);
    expect(jobs(again)).toEqual([]);
    expect(outdated(again)).toHaveLength(105);
  });

  test('keeps in the trash what it deletes, where the mirror has one', async () => {
    const mirror = await openChangedMirror('    deletes: trash\n');
    expect((await mirror.longshore('reconcile', '--plan', 'a.plan')).code).toBe(5);
    expect((await mirror.longshore('apply', 'a.plan')).code).toBe(0);
    const trashed = await mirror.longshore('trash', 'ls', 'documents', '--json');
    expect(trashed.stdout.split('\n').filter((line) => line.includes('"old/'))).toHaveLength(101);
  });

  test('of a scan is applied without a look at objects that it did not list', async () => {
    const mirror = await openChangedMirror();
    expect((await mirror.longshore('scan', '--plan', 'a.plan')).code).toBe(5);
    expect((await mirror.longshore('apply', 'a.plan')).code).toBe(0);
    expect(mirror.differences()).toEqual([]);
  });

  test('of a mirror that was never mirrored is its first mirror', async () => {
    const mirror = openLocalMirror();
    mirror.write('a/b');
    expect((await mirror.longshore('reconcile', '--plan', 'a.plan')).code).toBe(5);
    expect((await mirror.longshore('apply', 'a.plan')).code).toBe(0);
    expect(mirror.differences()).toEqual([]);
  });

  test('with nothing to do ends with 0, and so does its application', async () => {
    const mirror = openLocalMirror();
    mirror.write('a');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    expect((await mirror.longshore('reconcile', '--plan', 'a.plan')).code).toBe(0);
    expect((await mirror.longshore('apply', 'a.plan')).code).toBe(0);
  });

  test('is refused when the mirror is another one now', async () => {
    const mirror = await openChangedMirror();
    expect((await mirror.longshore('reconcile', '--plan', 'a.plan')).code).toBe(5);
    mirror.writeConfig('    deletes: keep\n');
    const applied = await mirror.longshore('apply', 'a.plan');
    expect(applied.code).toBe(2);
    expect(applied.stderr).toContain(
      'was made when the deletes of the mirror "documents" was "mirror"',
    );
    expect(existsSync(join(mirror.container, 'new'))).toBe(false);
  });

  test('leaves no file behind when it cannot be made, or its folder is missing', async () => {
    const mirror = await openChangedMirror();
    const nowhere = await mirror.longshore('reconcile', '--plan', 'nowhere/a.plan');
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('nowhere/a.plan');
    renameSync(mirror.source, `${mirror.source}.away`);
    const made = await mirror.longshore('reconcile', '--plan', 'a.plan');
    expect(made.code).toBe(1);
    expect(made.stderr).toContain('no plan was written');
    mkdirSync(mirror.source);
    expect(readdirSync(mirror.folder).filter((name) => name.includes('plan'))).toEqual([]);
  });
});
