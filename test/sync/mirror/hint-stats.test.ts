import fs, { linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

const FOLDER = 'a/b/c/d';
/** The folders above a file of FOLDER, without the source. */
const DEPTH = 4;
const IGNORE_FILES = DEPTH + 1;
const names = Array.from({ length: 20 }, (_, at) => `${FOLDER}/f${at}`);

/** The paths of all lstat calls that this thread makes until `stop`. */
function countLstats(): { readonly paths: string[]; stop(): void } {
  const { lstatSync } = fs;
  const paths: string[] = [];
  const stop = () => {
    Object.assign(fs, { lstatSync });
    syncBuiltinESMExports();
  };
  const counting = (path: string, ...options: []) => {
    paths.push(`${path}`);
    return lstatSync(path, ...options);
  };
  Object.assign(fs, { lstatSync: Object.assign(counting, lstatSync) });
  syncBuiltinESMExports();
  onTestFinished(stop);
  return { paths, stop };
}

async function mirrored() {
  const fixture = await openMirrorFixture();
  for (const name of names) fixture.write(name);
  await fixture.run('reconcile');
  fixture.mirror.parts.queue.pause(); // jobs stat for themselves
  return fixture;
}

/** So that neighbours do not come one after the other. */
const shuffled = [...names].sort((a, b) => (a < b ? 1 : -1)).sort((a, b) => a.length - b.length);

test('hints of changed files in one folder: one stat of each file, and one of each folder above them', async () => {
  const { mirror, write } = await mirrored();
  for (const name of names) write(name, 'other content');
  const { paths, stop } = countLstats();
  const gone = await mirror.intake.hints(shuffled);
  stop();
  expect(gone).toEqual([]);
  expect(mirror.pending.size).toBe(names.length);
  expect(paths).toHaveLength(DEPTH + IGNORE_FILES + names.length);
});

test('hints of deleted files in one folder: one stat of each name, and one of each folder above them', async () => {
  const { mirror } = await mirrored();
  for (const name of names) rmSync(join(mirror.settings.source, name));
  const { paths, stop } = countLstats();
  await mirror.intake.hints(shuffled);
  stop();
  expect(mirror.pending.size).toBe(names.length);
  expect(paths).toHaveLength(DEPTH + IGNORE_FILES + names.length);
});

test('a hint of a folder that was renamed: one stat of its path says that it is gone', async () => {
  const { mirror } = await mirrored();
  const { source } = mirror.settings;
  renameSync(join(source, FOLDER), join(source, 'moved'));
  const { paths, stop } = countLstats();
  expect(await mirror.intake.hints([FOLDER])).toEqual([FOLDER]);
  stop();
  expect(paths.filter((path) => path === join(source, FOLDER))).toHaveLength(1);
});

test('hints of a deleted folder and of its files: make no jobs, as the scan of the folder finds them', async () => {
  const { mirror } = await mirrored();
  rmSync(join(mirror.settings.source, FOLDER), { recursive: true });
  expect(await mirror.intake.hints([...shuffled, FOLDER, 'a/b'])).toEqual([FOLDER]);
  expect(mirror.pending.size).toBe(0);
});

test('deletes of files that live on under other names: stats of the folders above those do not grow with their number', async () => {
  const fixture = await openMirrorFixture();
  const { source } = fixture.mirror.settings;
  // Confirmed under both names before one goes, so that no delete waits for a copy, and all are made together.
  const many = Array.from({ length: 100 }, (_, at) => `f${at}`);
  fixture.write('kept');
  mkdirSync(join(source, 'moved/b/c'), { recursive: true });
  for (const name of many) {
    fixture.write(`${FOLDER}/${name}`);
    linkSync(join(source, FOLDER, name), join(source, 'moved/b/c', name));
  }
  await fixture.run('reconcile');
  rmSync(join(source, 'a'), { recursive: true });
  const { paths, stop } = countLstats();
  expect((await fixture.run('scan')).report).toMatchObject({ deleted: many.length, failed: 0 });
  stop();
  const above = paths.filter((path) => path === join(source, 'moved/b/c'));
  expect(above.length).toBeLessThan(many.length / 10);
});
