import { chmodSync, lstatSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasStrace, runFailing } from '../failing-calls.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { MAIN, summaryOf } from '../world/program.js';

const FILES = 30;

async function mirrored(lines: string): Promise<LocalMirror> {
  const mirror = openLocalMirror(lines);
  for (let at = 0; at < FILES; at += 1)
    mirror.write(`folder/file ${at}`, `content ${at}`.repeat(at + 1));
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  return mirror;
}

const inodesOf = (mirror: LocalMirror) =>
  mirror.objects().map((name) => [name, lstatSync(join(mirror.container, name)).ino]);
const timesOf = (folder: string, names: readonly string[]) =>
  names.map((name) => Math.floor(lstatSync(join(folder, name)).mtimeMs));

const losses: readonly (readonly [string, (mirror: LocalMirror) => void])[] = [
  [
    'the loss of their records',
    (mirror) => rmSync(join(mirror.folder, 'vault', '.longshore', 'objects.records')),
  ],
  [
    'chmod and touch',
    (mirror) => {
      for (const name of mirror.objects()) {
        chmodSync(join(mirror.container, name), 0o640);
        utimesSync(join(mirror.container, name), 1_600_000_000, 1_600_000_000);
      }
    },
  ],
];

describe('objects of a local target', () => {
  test.each(losses)(
    'P6: a run after %s compares them by content, sends nothing and moves nothing to the trash',
    async (_, lose) => {
      const mirror = await mirrored('    deletes: trash\n');
      const before = inodesOf(mirror);
      lose(mirror);
      const run = await mirror.longshore('reconcile', '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ uploaded: 0, copied: 0, deleted: 0, failed: 0 });
      expect(inodesOf(mirror)).toEqual(before);
      const reserved = join(mirror.container, '.longshore');
      expect(readdirSync(reserved).filter((name) => name === 'trash')).toEqual([]);
      expect(timesOf(mirror.container, mirror.objects())).toEqual(
        timesOf(mirror.source, mirror.objects()),
      );
      const next = await mirror.longshore('reconcile', '--json');
      expect(summaryOf(next)).toMatchObject({ unchanged: FILES, uploaded: 0, adopted: 0 });
    },
    60_000,
  );

  test.skipIf(!hasStrace).each(['EIO', 'ENOSPC'])(
    'P5: while their records cannot be written (%s), everything is mirrored',
    async (error) => {
      const mirror = await mirrored('');
      for (let at = 0; at < FILES; at += 1) mirror.write(`folder/new ${at}`, `new ${at}`);
      const failing = {
        calls: 'pwrite64',
        path: join(mirror.folder, 'vault', '.longshore', 'objects.records'),
        how: `error=${error}:when=1+`,
      };
      const run = await runFailing(
        [MAIN, '--config', join(mirror.folder, 'longshore.yaml'), 'reconcile'],
        failing,
        { cwd: mirror.folder },
      );
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr).not.toMatch(/warn|error/);
      expect(mirror.differences()).toEqual([]);
      const next = await mirror.longshore('reconcile', '--json');
      expect(summaryOf(next)).toMatchObject({ uploaded: 0, failed: 0 });
    },
    60_000,
  );
});
