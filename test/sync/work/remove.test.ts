import { describe, expect, test } from 'vitest';
import { StorageError } from '../../../src/drivers/errors.js';
import type { ObjectIndex, ObjectRecord } from '../../../src/state/object-index.js';
import type { Remote } from '../../../src/sync/decide.js';
import { FileChangedError } from '../../../src/sync/file-errors.js';
import type { Permit } from '../../../src/sync/guard/guard.js';
import type { PathState } from '../../../src/sync/source/source-view.js';
import type { UnfinishedUploads } from '../../../src/sync/uploads/unfinished-uploads.js';
import { openBooks } from '../../../src/sync/work/books.js';
import type { Job } from '../../../src/sync/work/job.js';
import type { MirrorContext } from '../../../src/sync/work/mirror-context.js';
import type { Outcome } from '../../../src/sync/work/outcome.js';
import { remove } from '../../../src/sync/work/remove.js';
import type { Whereabout } from '../../../src/sync/work/whereabouts.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { record } from '../../state/fixtures.js';

const { signal } = new AbortController();
const GONE: PathState = { found: 'nothing' };
const BACK: PathState = { found: 'entry', entry: { path: 'a', inode: 42n } as LocalEntry };

interface Scene {
  /** What each stat finds; the last one repeats. */
  readonly looks?: readonly PathState[];
  readonly doubts?: readonly (string | undefined)[];
  readonly known?: ObjectRecord | undefined;
  /** The record once the guard has been asked. */
  readonly knownThen?: ObjectRecord | undefined;
  readonly mayDelete?: boolean;
  readonly permit?: 'granted' | 'refused';
  readonly trash?: boolean;
  readonly file?: Whereabout;
  /** Too many jobs wait already. */
  readonly crowded?: boolean;
  /** The other name waits for this one. */
  readonly circle?: boolean;
  readonly overwrite?: 'always' | 'never';
  readonly there?: Remote;
  readonly fails?: 'remove' | 'keep' | 'forget';
}

/** Deletes `a`, and returns what was done for it, in order. */
async function run(scene: Scene) {
  const {
    looks = [GONE],
    doubts = [undefined],
    mayDelete = true,
    permit = 'granted',
    trash = true,
    overwrite = 'always',
  } = scene;
  const done: string[] = [];
  let known = 'known' in scene ? scene.known : record();
  const next = <T>(list: readonly T[], at: { n: number }): T =>
    list[Math.min(at.n++, list.length - 1)] as T;
  const look = { n: 0 };
  const deleteVeto = { n: 0 };
  const note = async (what: string) => {
    done.push(what);
    if (scene.fails !== undefined && what === scene.fails)
      throw new StorageError('away', { driver: 'memory', retry: 'backoff' });
  };
  const granted: Permit = { granted: true, refund: () => note('refund') };
  const at = {
    source: {
      statPath: (name: string) => (name === 'a' ? next(looks, look) : BACK),
      deleteVeto: () => next(doubts, deleteVeto),
      pathOf: (name: string) => name,
      absolute: (path: string) => `/source/${path}`,
    },
    index: {
      get: (name: string) => (name === 'a' ? known : { ...record(), inode: 42n }),
      remove: () => note('forget'),
    },
    effects: { head: async () => scene.there ?? 'absent', remove: () => note('remove') },
    trash: trash ? { keep: () => note('keep') } : undefined,
    guard: {
      async ask() {
        await note('ask');
        if ('knownThen' in scene) known = scene.knownThen;
        return permit === 'granted' ? granted : { granted: false };
      },
    },
    policy: { overwrite },
    mayDelete: () => mayDelete,
    clock: { monotonic: () => 7 },
    whereabouts: {
      find: () => scene.file ?? { state: 'nowhere' },
      keep: (name: string, other: string) => done.push(`withhold ${name} for ${other}`) > 0,
    },
    waitingJobs: {
      comesDownTo: () => scene.circle === true,
      waitFor(_job: Job, other: string) {
        if (!scene.crowded) done.push(`wait for ${other}`);
        return !scene.crowded;
      },
      waitForScans({ asOfMs }: Job) {
        if (!scene.crowded) done.push(`wait for scans as of ${asOfMs}`);
        return !scene.crowded;
      },
    },
  } as unknown as MirrorContext;
  const { record: book } = openBooks({
    index: at.index as unknown as ObjectIndex,
    uploads: { isIdle: () => true } as unknown as UnfinishedUploads,
    orphans: { abort: async () => {} },
    aside: undefined,
  });
  const removing = async (): Promise<unknown> => {
    const { entry, ...outcome } = {
      entry: undefined,
      ...(await remove({ name: 'a' } as Job, 'gone', at, signal)),
    };
    await book('a', { ...outcome, entry } as Outcome, signal);
    return outcome;
  };
  return { outcome: await removing().catch((error: unknown) => error), done };
}

const vetoed = (detail: string | RegExp) => ({
  outcome: 'skipped',
  reason: 'delete-withheld',
  detail: expect.stringMatching(detail),
});

describe('P4: delete: an object is deleted', () => {
  test('with a permit of the guard, after its content is in the trash, and before its record is removed', async () => {
    expect(await run({})).toEqual({
      outcome: { outcome: 'done', job: 'delete_object', why: 'gone, kept in the trash', bytes: 0 },
      done: ['ask', 'keep', 'remove', 'forget'],
    });
    expect(await run({ trash: false, looks: [{ found: 'folder' }] })).toEqual({
      outcome: { outcome: 'done', job: 'delete_object', why: 'gone', bytes: 0 },
      done: ['ask', 'remove', 'forget'],
    });
  });

  test('without permit and trash when its content is confirmed under the present name of its file', async () => {
    expect(
      (await run({ file: { state: 'confirmed', name: 'b', sameContent: true } })).done,
    ).toEqual(['remove', 'forget']);
  });

  test('with permit and trash when other content is confirmed under the present name of its file', async () => {
    const file = { state: 'confirmed', name: 'b', sameContent: false } as const;
    expect((await run({ file })).done).toEqual(['ask', 'keep', 'remove', 'forget']);
  });

  test('before the present name of its file is confirmed where that name waits for this delete', async () => {
    const file = { state: 'pending', name: 'a/b', settling: false } as const;
    expect((await run({ file, circle: true })).done).toEqual(['ask', 'keep', 'remove', 'forget']);
  });

  test('also without a record', async () => {
    expect((await run({ known: undefined })).done).toEqual(['ask', 'keep', 'remove', 'forget']);
  });
});

describe('P4: delete: an object is kept, and the guard is not asked,', () => {
  test('when its file is there', async () => {
    const { outcome, done } = await run({ looks: [BACK] });
    expect({ outcome, done }).toEqual({ outcome: expect.any(FileChangedError), done: [] });
  });

  test.each<readonly [string, Scene, string]>([
    [
      'it cannot be seen whether its file is there',
      { looks: [{ found: 'unknown', reason: 'unreadable', detail: 'EACCES' }] },
      'not known',
    ],
    ['its file is excluded', { looks: [{ found: 'excluded' }] }, 'not known'],
    ['the source is in doubt', { doubts: ['the source is empty'] }, 'the source is empty'],
    ['no reconcile has finished', { mayDelete: false }, 'first full reconcile'],
    ['its delete was rejected', { known: record({ guarded: 'rejected' }) }, 'rejected'],
  ])('when %s', async (_when, scene, why) => {
    expect(await run(scene)).toEqual({ outcome: vetoed(why), done: [] });
  });

  test.each(['always', 'never'] as const)(
    'when another program made it, and the record says only that one was to be sent (overwrite: %s)',
    async (overwrite) => {
      const mark = record({ state: 'sending', md5: 'a'.repeat(32) });
      const there = { size: 11, md5: 'b'.repeat(32), inspected: false };
      expect(await run({ known: mark, there, overwrite })).toMatchObject({
        outcome: { job: 'forget' },
        done: ['forget'],
      });
      for (const ours of [
        { there: 'absent' },
        { there: { ...there, md5: mark.md5 } },
        { known: record() },
        // What was there before was ours, and with `overwrite: always` its delete asks no more than that of a confirmed object.
        ...(overwrite === 'always' ? [{ known: { ...mark, etag: 'the one before' } }] : []),
      ] as const) {
        expect((await run({ known: mark, there, overwrite, ...ours })).outcome).toMatchObject({
          job: 'delete_object',
        });
      }
    },
  );
});

describe('P4: delete: waits, or does not happen,', () => {
  const pending = { state: 'pending', name: 'b', settling: false } as const;

  test('while a job runs for the present name of its file', async () => {
    expect(await run({ file: pending })).toEqual({
      outcome: { outcome: 'waits' },
      done: ['wait for b'],
    });
  });

  test('while scans are due that may find its file', async () => {
    expect(await run({ file: { state: 'unseen' } })).toEqual({
      outcome: { outcome: 'waits' },
      done: ['wait for scans as of 7'],
    });
  });

  test('when the present name of its file cannot be mirrored', async () => {
    const { outcome, done } = await run({
      file: { state: 'not-mirrored', name: 'b', why: 'EACCES' },
    });
    expect(outcome).toEqual({
      ...vetoed('its file is b now, which cannot be mirrored: EACCES'),
      resumes: true,
    });
    expect(done).toEqual(['withhold a for b']);
  });

  test('when more jobs wait than are kept', async () => {
    expect(await run({ file: pending, crowded: true })).toEqual({
      outcome: vetoed('its file is b now'),
      done: [],
    });
    expect(await run({ file: { state: 'unseen' }, crowded: true })).toEqual({
      outcome: vetoed('by a scan'),
      done: [],
    });
  });
});

describe('P4: delete: an object is kept although its delete was due,', () => {
  test('when the guard refuses', async () => {
    expect(await run({ permit: 'refused' })).toEqual({
      outcome: { outcome: 'held', change: 'delete' },
      done: ['ask'],
    });
    expect(await run({ permit: 'refused', known: undefined })).toMatchObject({
      outcome: { outcome: 'held' },
    });
    const goneMeanwhile = await run({ permit: 'refused', knownThen: undefined });
    expect(goneMeanwhile, 'it has made room for another').toEqual({
      outcome: { outcome: 'nothing' },
      done: ['ask'],
    });
  });

  test.each<readonly [string, Scene, unknown]>([
    ['when its file returned meanwhile', { looks: [GONE, BACK] }, expect.any(FileChangedError)],
    [
      'when the source has become doubtful',
      { doubts: [undefined, 'the source is missing'] },
      vetoed('missing'),
    ],
    [
      'when a person has rejected it meanwhile',
      { knownThen: record({ guarded: 'rejected' }) },
      vetoed('rejected'),
    ],
  ])('%s, and the permit is refunded', async (_when, scene, outcome) => {
    expect(await run(scene)).toEqual({ outcome, done: ['ask', 'keep', 'refund'] });
  });

  test('when the trash, the delete or its record fails, and the permit is refunded', async () => {
    expect(await run({ fails: 'keep' })).toEqual({
      outcome: expect.any(StorageError),
      done: ['ask', 'keep', 'refund'],
    });
    expect(await run({ fails: 'remove' })).toEqual({
      outcome: expect.any(StorageError),
      done: ['ask', 'keep', 'remove', 'refund'],
    });
    expect(await run({ fails: 'forget' })).toEqual({
      outcome: expect.any(StorageError),
      done: ['ask', 'keep', 'remove', 'forget', 'refund'],
    });
  });
});
