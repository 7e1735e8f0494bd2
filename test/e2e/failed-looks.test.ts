import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFailingDaemon } from '../calls/failing-daemon.js';
import { buildPreload } from '../calls/preload.js';
import { eventually } from '../world/eventually.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const folder = createFolder('looks');
let library = '';
beforeAll(() => {
  if (hasCompiler) library = buildPreload(folder);
});
afterAll(() => removeFolder(folder));

/** Appears whole, so that the only events are those of the folder that holds it. */
function appear(mirror: LocalMirror, name: string): void {
  mkdirSync(join(mirror.folder, 'made'));
  writeFileSync(join(mirror.folder, 'made', 'file'), 'new');
  renameSync(join(mirror.folder, 'made'), join(mirror.source, name));
}

const remove = (mirror: LocalMirror) => rmSync(join(mirror.source, 'old/file'));
const appearNew = (mirror: LocalMirror) => appear(mirror, 'new');

test.runIf(hasCompiler).each([
  ['directories', 'stat/old/file#4', remove, ['old/other']],
  ['directories', 'stat/old/file#5', remove, ['old/other']],
  ['directories', 'stat/new#3', appearNew, ['new/file', 'old/file', 'old/other']],
  ['directories', 'opendir/new#1', appearNew, ['new/file', 'old/file', 'old/other']],
  ['directories', 'opendir/new#2', appearNew, ['new/file', 'old/file', 'old/other']],
  ['chokidar', 'stat/new#2', appearNew, ['new/file', 'old/file', 'old/other']],
  [
    'chokidar',
    'realpath/link#1',
    (mirror: LocalMirror) => symlinkSync('old', join(mirror.source, 'link')),
    ['link/file', 'link/other', 'old/file', 'old/other'],
  ],
] as const)(
  'P1: %s: a change is mirrored within seconds although a read of source/%s failed once',
  async (watch, call, change, expected) => {
    const mirror = openLocalMirror(
      `    watch: ${watch}\n    symlinks: follow\n    rescan: 0s\n    reconcile: 0s\n`,
    );
    mirror.write('old/file');
    mirror.write('old/other');
    const preload = startFailingDaemon(mirror, library, `x/source/${call}/EIO`);
    await eventually(() => expect(mirror.objects()).toEqual(['old/file', 'old/other']));
    // Until a new file is mirrored by its event, the first scan may still be under way.
    mirror.write('probe');
    await eventually(() => expect(mirror.objects()).toContain('probe'));
    rmSync(join(mirror.source, 'probe'));
    await eventually(() => expect(mirror.objects()).not.toContain('probe'));
    preload.arm();
    change(mirror);
    await eventually(() => expect(mirror.objects()).toEqual(expected), 40_000);
    // How often a file that is gone is looked for depends on how its events come.
    if (change !== remove) expect(preload.fired()).toBe(true);
  },
  90_000,
);
