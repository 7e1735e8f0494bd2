import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf } from '../world/program.js';

// The claims of docs/what-is-mirrored.md, in its order.

/** Names that a run skipped, with the reason. */
async function leftOut(
  place: ReturnType<typeof openLocalMirror>,
): Promise<{ readonly code: number | string; readonly reasons: unknown }> {
  const run = await place.longshore('reconcile', '--json');
  const skipped = eventsOf(run).filter(({ event }) => event === 'skipped');
  return {
    code: run.code,
    reasons: Object.fromEntries(skipped.map(({ path, reason }) => [path, reason])),
  };
}

test('a run mirrors files byte for byte, skips empty folders, links, pipes and devices, and is complete', async () => {
  const place = openLocalMirror();
  place.write('folder/file', 'bytes');
  place.write('empty', '');
  mkdirSync(join(place.source, 'empty folder'));
  symlinkSync('folder/file', join(place.source, 'link'));
  execFileSync('mkfifo', [join(place.source, 'pipe')]);
  expect(await leftOut(place)).toEqual({
    code: 0,
    reasons: { link: 'link-skipped', pipe: 'special-file' },
  });
  expect(place.objects()).toEqual(['empty', 'folder/file']);
  expect(readFileSync(join(place.container, 'folder/file'), 'utf8')).toBe('bytes');
});

test('a run reports names that no object can have, and is incomplete', async () => {
  const place = openLocalMirror();
  writeFileSync(Buffer.concat([Buffer.from(`${place.source}/`), Buffer.from([0xff])]), '');
  place.write('.longshore/lease', 'mine');
  const { code, reasons } = await leftOut(place);
  expect([code, Object.values(reasons as object).toSorted()]).toEqual([
    3,
    ['name-not-utf8', 'name-refused'],
  ]);
  expect(readFileSync(join(place.container, '.longshore/lease'), 'utf8')).not.toBe('mine');
});

test('each name of a hard link has an object, and a sparse file has all of its bytes', async () => {
  const place = openLocalMirror();
  linkSync(place.write('one', 'same'), join(place.source, 'two'));
  truncateSync(place.write('sparse', ''), 100_000);
  expect((await place.longshore('reconcile')).code).toBe(0);
  expect(place.objects()).toEqual(['one', 'sparse', 'two']);
  expect(readFileSync(join(place.container, 'sparse')).equals(Buffer.alloc(100_000))).toBe(true);
});

test('objects keep times before 1970 and after 2262, and files of a local target have the permission bits', async () => {
  const place = openLocalMirror();
  for (const [name, seconds] of [
    ['old', '-1000000.5'], // a negative number would be the time of day
    ['late', '9999999999.25'],
  ] as const)
    lutimesSync(place.write(name), seconds, seconds);
  chmodSync(place.write('program'), 0o6755);
  expect((await place.longshore('reconcile')).code).toBe(0);
  for (const name of ['old', 'late'])
    expect(statSync(join(place.container, name)).mtimeMs).toBe(
      statSync(join(place.source, name)).mtimeMs,
    );
  expect(statSync(join(place.container, 'program')).mode & 0o7777).toBe(0o755);
  const listed = await place.longshore('object', 'ls', 'vault', 'documents', '--json');
  const program = eventsOf(listed).find(({ name }) => name === 'program');
  expect(program?.['metaData']).toMatchObject({ mode: '106755' });
});

test('names that differ by case or Unicode form are separate objects', async () => {
  const place = openLocalMirror();
  const names = ['A', 'a', 'e\u0301', '\u00e9'];
  for (const name of names) place.write(name);
  expect((await place.longshore('reconcile')).code).toBe(0);
  expect(place.objects().toSorted()).toEqual(names.toSorted());
});

test('a local target keeps its own files in .longshore of its root, and the lease below the container', async () => {
  const place = openLocalMirror();
  place.write('file');
  expect((await place.longshore('reconcile')).code).toBe(0);
  expect(existsSync(join(place.folder, 'vault/.longshore'))).toBe(true);
  expect(existsSync(join(place.container, '.longshore/lease'))).toBe(true);
});
