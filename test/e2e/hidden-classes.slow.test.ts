import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

/*
 * An object that is spread first and gets members after that has, in V8 of Node 20, a hidden class of its own: each access to
 * it is then a lookup in the runtime, 40 times as dear (docs/internals.md, "Objects made for each file"). V8 logs each such
 * access; this counts them, so that no figure of a clock is needed.
 */

const FILES = 2_000;
/** Programs start with some hundred accesses that no cache of V8 has. */
const MOST_MISSES = 2 * FILES;

const LOG = 'accesses.log';

/** Accesses to a member for which the cache of their place in the code was abandoned, and that missed V8's global one as well. */
function missesIn(folder: string): number {
  const log = join(folder, LOG);
  const lines = readFileSync(log, 'latin1').split('\n');
  rmSync(log);
  const accesses = lines.filter((line) => /^(?:Keyed)?(?:Load|Store)IC,/.test(line));
  expect(accesses.length).toBeGreaterThan(100); // else the log has another form, and nothing is counted
  return accesses.filter((line) => line.split(',')[5] === 'N').length;
}

test('a mirror of small files makes no hidden class for each of them, whether they are new, touched or gone', async () => {
  const mirror = openLocalMirror('    guard: off\n', {
    nodeOptions: ['--log-ic', '--no-logfile-per-isolate', `--logfile=${LOG}`],
  });
  const paths = Array.from({ length: FILES }, (_, at) => mirror.write(`d${at % 40}/f${at}`));
  expect((await mirror.longshore('--reconcile')).code).toBe(0);
  expect(missesIn(mirror.folder)).toBeLessThan(MOST_MISSES);

  for (const path of paths) utimesSync(path, 2_000_000_000, 2_000_000_000);
  expect((await mirror.longshore('--reconcile')).code).toBe(0);
  expect(missesIn(mirror.folder)).toBeLessThan(MOST_MISSES);

  for (let part = 0; part < 20; part += 1)
    rmSync(join(mirror.source, `d${part}`), { recursive: true });
  expect((await mirror.longshore('--reconcile')).code).toBe(0);
  expect(missesIn(mirror.folder)).toBeLessThan(MOST_MISSES);
  expect(mirror.differences()).toEqual([]);
}, 120_000);
