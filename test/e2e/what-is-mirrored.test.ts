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
  mirror: ReturnType<typeof openLocalMirror>,
): Promise<{ readonly code: number | string; readonly reasons: unknown }> {
  const run = await mirror.longshore('reconcile', '--json');
  const skipped = eventsOf(run).filter(({ event }) => event === 'skipped');
  return {
    code: run.code,
    reasons: Object.fromEntries(skipped.map(({ path, reason }) => [path, reason])),
  };
}

test('a run mirrors files byte for byte, skips empty folders, links, pipes and devices, and is complete', async () => {
  const mirror = openLocalMirror();
  mirror.write('folder/file', 'bytes');
  mirror.write('empty', '');
  mkdirSync(join(mirror.source, 'empty folder'));
  symlinkSync('folder/file', join(mirror.source, 'link'));
  execFileSync('mkfifo', [join(mirror.source, 'pipe')]);
  expect(await leftOut(mirror)).toEqual({
    code: 0,
    reasons: { link: 'link-skipped', pipe: 'special-file' },
  });
  expect(mirror.objects()).toEqual(['empty', 'folder/file']);
  expect(readFileSync(join(mirror.container, 'folder/file'), 'utf8')).toBe('bytes');
});

test('a run reports names that no object can have, and is incomplete', async () => {
  const mirror = openLocalMirror();
  writeFileSync(Buffer.concat([Buffer.from(`${mirror.source}/`), Buffer.from([0xff])]), '');
  mirror.write('.longshore/lease', 'mine');
  const { code, reasons } = await leftOut(mirror);
  expect([code, Object.values(reasons as object).toSorted()]).toEqual([
    3,
    ['name-not-utf8', 'name-refused'],
  ]);
  expect(readFileSync(join(mirror.container, '.longshore/lease'), 'utf8')).not.toBe('mine');
});

test('each name of a hard link has an object, and a sparse file has all of its bytes', async () => {
  const mirror = openLocalMirror();
  linkSync(mirror.write('one', 'same'), join(mirror.source, 'two'));
  truncateSync(mirror.write('sparse', ''), 100_000);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(mirror.objects()).toEqual(['one', 'sparse', 'two']);
  expect(readFileSync(join(mirror.container, 'sparse')).equals(Buffer.alloc(100_000))).toBe(true);
});

test('objects keep times before 1970 and after 2262, and files of a local target have the permission bits', async () => {
  const mirror = openLocalMirror();
  for (const [name, seconds] of [
    ['old', '-1000000.5'], // a negative number would be the time of day
    ['late', '9999999999.25'],
  ] as const)
    lutimesSync(mirror.write(name), seconds, seconds);
  chmodSync(mirror.write('program'), 0o6755);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  for (const name of ['old', 'late'])
    expect(statSync(join(mirror.container, name)).mtimeMs).toBe(
      statSync(join(mirror.source, name)).mtimeMs,
    );
  expect(statSync(join(mirror.container, 'program')).mode & 0o7777).toBe(0o755);
  const listed = await mirror.longshore('object', 'ls', 'vault', 'documents', '--json');
  const program = eventsOf(listed).find(({ name }) => name === 'program');
  expect(program?.['metaData']).toMatchObject({ mode: '106755' });
});

test('names that differ by case or Unicode form are separate objects', async () => {
  const mirror = openLocalMirror();
  const names = ['A', 'a', 'e\u0301', '\u00e9'];
  for (const name of names) mirror.write(name);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(mirror.objects().toSorted()).toEqual(names.toSorted());
});

test('a local target keeps its own files in .longshore of its root, and the lease below the container', async () => {
  const mirror = openLocalMirror();
  mirror.write('file');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(existsSync(join(mirror.folder, 'vault/.longshore'))).toBe(true);
  expect(existsSync(join(mirror.container, '.longshore/lease'))).toBe(true);
});
