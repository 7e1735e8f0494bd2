import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { askStatus } from '../../src/status/client.js';
import { startFailingDaemon } from '../calls/failing-daemon.js';
import { buildPreload } from '../calls/preload.js';
import { eventually } from '../world/eventually.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const folder = createFolder('unwatched');
let library = '';
beforeAll(() => {
  if (hasCompiler) library = buildPreload(folder);
});
afterAll(() => removeFolder(folder));

/** The timer of folders without a watch is one minute: what is mirrored earlier did not wait for it. */
const BEFORE_TIMER_MS = 30_000;

async function statusOf({ folder: at }: LocalMirror) {
  const { mirrors } = await askStatus(undefined, {
    stateFolder: join(at, 'state'),
    clock: systemClock,
    signal: AbortSignal.timeout(5_000),
  });
  const [mirror] = mirrors;
  if (mirror === undefined) throw new Error('the daemon has no mirror');
  return mirror;
}

const contents = (mirror: LocalMirror): string[] =>
  mirror.objects().map((name) => unlessGone(join(mirror.container, name)));

function unlessGone(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

test.runIf(hasCompiler).each(['chokidar', 'directories'] as const)(
  'P1: %s: a folder without a watch is scanned at once, is said to be unwatched, and a file moved there is in the container all the time',
  async (watch) => {
    const mirror = openLocalMirror(
      `    watch: ${watch}\n    guard: off\n    rescan: 0s\n    reconcile: 0s\n`,
    );
    mirror.write('old/moved');
    mirror.write('old/other');
    const preload = startFailingDaemon(mirror, library, 'x/source/watch/new#1/ENOSPC');
    await eventually(async () =>
      expect(await statusOf(mirror)).toMatchObject({ state: 'in-sync', lagSeconds: 0 }),
    );
    preload.arm();
    mkdirSync(join(mirror.folder, 'made'));
    renameSync(join(mirror.folder, 'made'), join(mirror.source, 'new'));
    mirror.write('new/first');
    await eventually(() => expect(mirror.objects()).toContain('new/first'), BEFORE_TIMER_MS);
    expect(preload.fired()).toBe(true);
    await eventually(
      async () =>
        expect(await statusOf(mirror)).toMatchObject({ state: 'degraded', lagSeconds: null }),
      BEFORE_TIMER_MS,
    );
    const { why, watch: watching } = await statusOf(mirror);
    expect(why).toMatch(/^1 folder is not watched, but scanned on a timer \(new: no watches left/);
    expect(watching?.degraded).toEqual([
      { under: 'new', why: expect.stringContaining('no watches left') },
    ]);

    renameSync(join(mirror.source, 'old/moved'), join(mirror.source, 'new/moved'));
    await eventually(() => {
      // Of a read that meets the move both names may be missing once: the next one must have it.
      if (!contents(mirror).includes('old/moved')) expect(contents(mirror)).toContain('old/moved');
      expect(mirror.objects()).toEqual(['new/first', 'new/moved', 'old/other']);
    }, BEFORE_TIMER_MS);
    rmSync(join(mirror.source, 'old/other'));
    await eventually(
      () => expect(mirror.objects()).toEqual(['new/first', 'new/moved']),
      BEFORE_TIMER_MS,
    );
    // The timer places the watch after all.
    await eventually(
      async () => expect(await statusOf(mirror)).toMatchObject({ state: 'in-sync', lagSeconds: 0 }),
      90_000,
    );
  },
  200_000,
);
