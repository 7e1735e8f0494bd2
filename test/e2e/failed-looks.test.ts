import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { pointOf } from '../calls/points.js';
import { buildPreload, openPreload } from '../calls/preload.js';
import { eventually } from '../world/eventually.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { start } from '../world/program.js';

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const folder = createFolder('looks');
let library = '';
beforeAll(() => {
  if (hasCompiler) library = buildPreload(folder);
});
afterAll(() => removeFolder(folder));

/** Appears whole, so that the only events are those of the folder that holds it. */
function appear(place: LocalMirror, name: string): void {
  mkdirSync(join(place.folder, 'made'));
  writeFileSync(join(place.folder, 'made', 'file'), 'new');
  renameSync(join(place.folder, 'made'), join(place.source, name));
}

const remove = (place: LocalMirror) => rmSync(join(place.source, 'old/file'));
const appearNew = (place: LocalMirror) => appear(place, 'new');

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
    (place: LocalMirror) => symlinkSync('old', join(place.source, 'link')),
    ['link/file', 'link/other', 'old/file', 'old/other'],
  ],
] as const)(
  'P1: %s: a change is mirrored within seconds although a read of source/%s failed once',
  async (watch, call, change, expected) => {
    const place = openLocalMirror(
      `    watch: ${watch}\n    symlinks: follow\n    rescan: 0s\n    reconcile: 0s\n`,
    );
    place.write('old/file');
    place.write('old/other');
    const roots = {
      source: place.source,
      target: join(place.folder, 'vault'),
      state: join(place.folder, 'state'),
    };
    const preload = openPreload({
      library,
      folder: place.folder,
      roots,
      point: pointOf(`x/source/${call}/EIO`),
    });
    const daemon = start(['--config', join(place.folder, 'longshore.yaml'), 'run'], {
      cwd: place.folder,
      env: preload.env,
    });
    onTestFinished(() => daemon.kill('SIGKILL'));
    await eventually(() => expect(place.objects()).toEqual(['old/file', 'old/other']));
    // Until a new file is mirrored by its event, the first scan may still be under way.
    place.write('probe');
    await eventually(() => expect(place.objects()).toContain('probe'));
    rmSync(join(place.source, 'probe'));
    await eventually(() => expect(place.objects()).not.toContain('probe'));
    preload.arm();
    change(place);
    await eventually(() => expect(place.objects()).toEqual(expected), 40_000);
    // How often a file that is gone is looked for depends on how its events come.
    if (change !== remove) expect(preload.fired()).toBe(true);
  },
  90_000,
);
