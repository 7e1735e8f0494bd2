import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Finished, run, summaryOf, UNPRIVILEGED } from '../world/program.js';
import { canDropRights } from '../world/rights.js';

const FILES = ['beside', 'gone', 'part/deep/a', 'part/gone', 'part/kept', 'part-2'];

/** A mirror whose files belong to the unprivileged user, who has mirrored them; then two are removed. */
async function mirroredByNobody(): Promise<{
  readonly mirror: LocalMirror;
  again(): Promise<Finished>;
  in(path: string): string;
}> {
  const mirror = openLocalMirror();
  const own = (path: string) => chownSync(path, UNPRIVILEGED, UNPRIVILEGED);
  for (const path of [mirror.folder, mirror.source, join(mirror.folder, 'longshore.yaml')])
    own(path);
  for (const path of FILES) {
    const absolute = join(mirror.source, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, path);
    for (let at = absolute; at !== mirror.source; at = dirname(at)) own(at);
  }
  const again = () =>
    run(['--config', join(mirror.folder, 'longshore.yaml'), 'reconcile', '--json'], {
      cwd: mirror.folder,
      unprivileged: true,
    });
  expect((await again()).code).toBe(0);
  expect(mirror.objects()).toEqual([...FILES].sort());
  for (const path of ['gone', 'part/gone']) unlinkSync(join(mirror.source, path));
  return { mirror, again, in: (path) => join(mirror.source, path) };
}

const skips = (finished: Finished) =>
  eventsOf(finished)
    .filter(({ event }) => event === 'skipped')
    .map(({ path, reason }) => `${String(reason)} ${String(path)}`);

describe.skipIf(!canDropRights)(
  'P4: a part of the source that cannot be seen keeps its objects, says so, and exits 3:',
  () => {
    test.each<readonly [string, (path: (path: string) => string) => (() => void) | undefined]>([
      [
        'a folder that may not be read',
        (path) => {
          chmodSync(path('part'), 0);
          return () => chmodSync(path('part'), 0o755);
        },
      ],
      [
        'a folder that may be read, but not searched',
        (path) => {
          chmodSync(path('part'), 0o444);
          return () => chmodSync(path('part'), 0o755);
        },
      ],
      [
        'an ignore file that cannot be read',
        (path) => {
          writeFileSync(path('part/.longshoreignore'), 'nothing', { mode: 0 });
          return () => unlinkSync(path('part/.longshoreignore'));
        },
      ],
      [
        'an ignore file that is a link to nothing',
        (path) => {
          symlinkSync('nowhere', path('part/.longshoreignore'));
          return () => unlinkSync(path('part/.longshoreignore'));
        },
      ],
      [
        'an ignore file that is a folder',
        (path) => {
          mkdirSync(path('part/.longshoreignore'));
          return () => rmSync(path('part/.longshoreignore'), { recursive: true });
        },
      ],
    ])('%s', async (_, hide) => {
      const { mirror, again, in: path } = await mirroredByNobody();
      const show = hide(path);
      const partial = await again();
      expect(partial.code).toBe(3);
      // What can be seen is deleted all the same, and a name that only begins alike is not held back.
      expect(summaryOf(partial)).toMatchObject({ deleted: 1, uploaded: 0, complete: false });
      expect(skips(partial)).toEqual(
        expect.arrayContaining(['unreadable part', 'delete-withheld part']),
      );
      expect(mirror.objects()).toEqual([
        'beside',
        'part-2',
        'part/deep/a',
        'part/gone',
        'part/kept',
      ]);
      show?.();
      const whole = await again();
      expect(whole.code).toBe(0);
      expect(summaryOf(whole)).toMatchObject({ deleted: 1, uploaded: 0, complete: true });
      expect(mirror.differences()).toEqual([]);
    });

    test('a deeper folder keeps only the objects below it', async () => {
      const { mirror, again, in: path } = await mirroredByNobody();
      rmSync(path('part/deep/a'));
      chmodSync(path('part/deep'), 0);
      const partial = await again();
      expect(partial.code).toBe(3);
      expect(skips(partial)).toEqual(
        expect.arrayContaining(['unreadable part/deep', 'delete-withheld part/deep']),
      );
      expect(summaryOf(partial)).toMatchObject({ deleted: 2 });
      expect(mirror.objects()).toEqual(['beside', 'part-2', 'part/deep/a', 'part/kept']);
      chmodSync(path('part/deep'), 0o755);
    });

    test('a changed file that may not be read keeps its object', async () => {
      const { mirror, again, in: path } = await mirroredByNobody();
      writeFileSync(path('part/kept'), 'changed since', { mode: 0 });
      chmodSync(path('part/kept'), 0);
      const partial = await again();
      expect(partial.code).toBe(3);
      expect(skips(partial)).toContain('unreadable part/kept');
      expect(mirror.objects()).toEqual(['beside', 'part-2', 'part/deep/a', 'part/kept']);
    });

    test('a folder that became a skipped link keeps the objects below it', async () => {
      const { mirror, again, in: path } = await mirroredByNobody();
      renameSync(path('part'), join(mirror.folder, 'elsewhere'));
      symlinkSync('../elsewhere', path('part'));
      const partial = await again();
      expect(skips(partial)).toContain('delete-withheld part');
      expect(mirror.objects()).toEqual([
        'beside',
        'part-2',
        'part/deep/a',
        'part/gone',
        'part/kept',
      ]);
    });
  },
);
