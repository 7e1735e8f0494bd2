import { mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { findObject } from '../../src/drivers/find-object.js';
import { openChangedFolders } from '../../src/watcher/changed-folders.js';
import { openSource } from '../../src/watcher/source.js';
import { openWalkContext } from '../../src/watcher/stat-entry.js';
import { walk } from '../../src/watcher/walk.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const call = { signal: new AbortController().signal };
/** More than the queue takes and a scan sends ahead, so that it has not come to what follows when the first of them is put. */
const MANY = 3500;

/** Calls `moment` as the first object is put after it was armed, and `deleted` before each delete, with its keys. */
function observed(
  backend: Backend,
  at: { moment: (() => void) | undefined },
  deleted: (keys: readonly string[]) => Promise<void>,
): Backend {
  const { batchDelete } = backend.capabilities;
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      batchDelete: batchDelete && {
        ...batchDelete,
        async deleteObjects(...args) {
          await deleted(args[1]);
          return batchDelete.deleteObjects(...args);
        },
      },
    },
    async putObject(...args) {
      at.moment?.();
      at.moment = undefined;
      return backend.putObject(...args);
    },
    async deleteObject(...args) {
      await deleted([args[0].key]);
      return backend.deleteObject(...args);
    },
  };
}

test.each(['scan', 'reconcile'] as const)(
  'P3: %s: a file that moves to where the walk has been is sent before its old object is deleted',
  async (kind) => {
    const at: { moment: (() => void) | undefined } = { moment: undefined };
    const seen: boolean[] = []; // whether the new object was there when the old one was deleted
    const { mirror, storage, write, run, objects } = await openMirrorFixture({
      batches: false, // the walk waits for jobs sooner than for batches
      wrap: (backend) =>
        observed(backend, at, async (keys) => {
          if (!keys.includes('p/z/moved')) return;
          seen.push(
            (await findObject(storage, { container: 'c', key: 'p/a/moved' }, call)) !== undefined,
          );
        }),
    });
    const old = write('z/moved', 'the only copy');
    write('a/other', 'x');
    write('z/deleted', 'y');
    await run('reconcile');
    for (let i = 0; i < MANY; i += 1) write(`m/${String(i).padStart(4, '0')}`, '');
    rmSync(join(dirname(old), 'deleted'));
    at.moment = () => renameSync(old, join(mirror.settings.source, 'a/moved'));
    await run(kind);
    expect(at.moment).toBeUndefined();
    expect(new Set(seen)).toEqual(new Set([true]));
    const now = await objects();
    expect(now['p/a/moved'] ?? now['a/moved']).toBe('the only copy');
    expect(Object.keys(now).filter((name) => name.includes('z/'))).toEqual([]);
  },
  60_000,
);

test('walk: knows that a folder changed behind it, and that none did', async () => {
  const { mirror, write } = await openMirrorFixture();
  const { source } = mirror.settings;
  write('a/x');
  const from = write('b/c/y');
  mkdirSync(join(source, 'b/d'));
  write('b/d/z');
  const changedIn = (sinceMs: number, meanwhile: (path: string) => void) => {
    const folders = openChangedFolders(sinceMs);
    const settings = {
      filter: { exclude: [], include: [], never: [] },
      symlinks: 'skip',
      folders: 'skip',
      maxNameBytes: 1024,
      oneFileSystem: false,
      reserved: [],
    } as const;
    const met: string[] = [];
    for (const item of walk(
      openWalkContext(openSource(source), settings, () => {}, folders.finished),
    )) {
      met.push(item.path);
      meanwhile(item.path);
    }
    return { changed: folders.changed, met };
  };
  const later = Date.now() + 60_000;
  expect(changedIn(later, () => {})).toEqual({ changed: false, met: ['a/x', 'b/c/y', 'b/d/z'] });
  const began = Date.now();
  const moved = changedIn(began, (path) => {
    if (path === 'a/x') renameSync(from, join(source, 'a/y'));
  });
  expect(moved).toEqual({ changed: true, met: ['a/x', 'b/d/z'] });
  // The time of a folder's change cannot be set back, that of its content can.
  utimesSync(join(source, 'b/c'), 1, 1);
  expect(changedIn(began, () => {}).changed).toBe(true);
});
