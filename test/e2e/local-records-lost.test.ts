import { chmodSync, lstatSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasStrace, runFailing } from '../failing-calls.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { MAIN, summaryOf } from '../world/program.js';

const FILES = 30;

async function mirrored(mirror: string): Promise<LocalMirror> {
  const place = openLocalMirror(mirror);
  for (let at = 0; at < FILES; at += 1)
    place.write(`folder/file ${at}`, `content ${at}`.repeat(at + 1));
  expect((await place.longshore('reconcile')).code).toBe(0);
  return place;
}

const inodesOf = (place: LocalMirror) =>
  place.objects().map((name) => [name, lstatSync(join(place.container, name)).ino]);
const timesOf = (folder: string, names: readonly string[]) =>
  names.map((name) => Math.floor(lstatSync(join(folder, name)).mtimeMs));

const losses: readonly (readonly [string, (place: LocalMirror) => void])[] = [
  [
    'the loss of their records',
    (place) => rmSync(join(place.folder, 'vault', '.longshore', 'objects.records')),
  ],
  [
    'chmod and touch',
    (place) => {
      for (const name of place.objects()) {
        chmodSync(join(place.container, name), 0o640);
        utimesSync(join(place.container, name), 1_600_000_000, 1_600_000_000);
      }
    },
  ],
];

describe('objects of a local target', () => {
  test.each(losses)(
    'P6: a run after %s compares them by content, sends nothing and moves nothing to the trash',
    async (_, lose) => {
      const place = await mirrored('    deletes: trash\n');
      const before = inodesOf(place);
      lose(place);
      const run = await place.longshore('reconcile', '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ uploaded: 0, copied: 0, deleted: 0, failed: 0 });
      expect(inodesOf(place)).toEqual(before);
      const reserved = join(place.container, '.longshore');
      expect(readdirSync(reserved).filter((name) => name === 'trash')).toEqual([]);
      expect(timesOf(place.container, place.objects())).toEqual(
        timesOf(place.source, place.objects()),
      );
      const next = await place.longshore('reconcile', '--json');
      expect(summaryOf(next)).toMatchObject({ unchanged: FILES, uploaded: 0, adopted: 0 });
    },
    60_000,
  );

  test.skipIf(!hasStrace).each(['EIO', 'ENOSPC'])(
    'P5: while their records cannot be written (%s), everything is mirrored',
    async (error) => {
      const place = await mirrored('');
      for (let at = 0; at < FILES; at += 1) place.write(`folder/new ${at}`, `new ${at}`);
      const failing = {
        calls: 'pwrite64',
        path: join(place.folder, 'vault', '.longshore', 'objects.records'),
        how: `error=${error}:when=1+`,
      };
      const run = await runFailing(
        [MAIN, '--config', join(place.folder, 'longshore.yaml'), 'reconcile'],
        failing,
        { cwd: place.folder },
      );
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr).not.toMatch(/warn|error/);
      expect(place.differences()).toEqual([]);
      const next = await place.longshore('reconcile', '--json');
      expect(summaryOf(next)).toMatchObject({ uploaded: 0, failed: 0 });
    },
    60_000,
  );
});
