import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type FolderEvent,
  type FolderLife,
  type FolderStep,
  folderStep,
  type Refusal,
} from '../../src/watcher/folder-step.js';
import { UnannouncedError } from '../../src/watcher/lasting.js';
import { stateTableOf, type TableRow } from '../state-table.js';

const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'watch' });
const PASSING = failure('EIO');
const LIMIT = failure('ENOSPC');
const FORBIDDEN = failure('EACCES');

const IDLE: FolderLife = { queued: false, gone: false, refusal: undefined };
const QUEUED: FolderLife = { ...IDLE, queued: true };
const REFUSED: FolderLife = { ...IDLE, refusal: { reason: PASSING, failures: 1 } };
const GONE: FolderLife = { ...IDLE, gone: true };
const STATES: Readonly<Record<string, readonly FolderLife[]>> = {
  idle: [IDLE],
  queued: [QUEUED],
  refused: [REFUSED],
  gone: [GONE],
  any: [IDLE, QUEUED, REFUSED, { ...REFUSED, queued: true }],
};

/** One event, what is different afterwards, and what is to be done. */
interface Case {
  readonly event: FolderEvent;
  readonly changes?: Partial<FolderLife>;
  readonly effects?: Omit<FolderStep, 'life'>;
}

const wanted: FolderEvent = { type: 'wanted' };
const turn: FolderEvent = { type: 'its turn' };
const removed: FolderEvent = { type: 'removed' };
const placed = (refusal?: Refusal): FolderEvent => ({ type: 'placed', refusal });
const failed = (reason: Error): FolderEvent => ({ type: 'failed', reason });

const TABLE: readonly (readonly [...TableRow, ...Case[]])[] = [
  [
    'idle',
    'wanted: new, or to be read again',
    'queued: pushed',
    { event: wanted, changes: { queued: true }, effects: { push: true } },
  ],
  ['queued', 'wanted', 'queued: nothing', { event: wanted }],
  [
    'queued',
    'its turn',
    'idle: watched if it is not, and read',
    { event: turn, changes: { queued: false }, effects: { timer: 'stop' } },
  ],
  ['idle', 'placed', 'idle: nothing', { event: placed() }],
  [
    'idle',
    'failed, may be over soon',
    'refused: rescan, retried in 1 s',
    {
      event: failed(PASSING),
      changes: { refusal: { reason: PASSING, failures: 1 } },
      effects: { timer: 'start', rescan: true },
    },
  ],
  [
    'idle',
    'failed, at a limit of watches',
    'refused: rescan, not retried by itself',
    {
      event: failed(LIMIT),
      changes: { refusal: { reason: LIMIT, failures: 0 } },
      effects: { timer: 'stop', rescan: true },
    },
  ],
  [
    'idle',
    'failed, reading is forbidden',
    'refused: not retried by itself',
    {
      event: failed(FORBIDDEN),
      changes: { refusal: { reason: FORBIDDEN, failures: 0 } },
      effects: { timer: 'stop' },
    },
  ],
  [
    'refused',
    'wanted: timer, retry of all, its rights',
    'refused and queued: pushed',
    { event: wanted, changes: { queued: true }, effects: { push: true } },
  ],
  [
    'refused',
    'its turn',
    'refused: timer stopped, watched and read',
    { event: turn, effects: { timer: 'stop' } },
  ],
  [
    'refused',
    'placed',
    'idle: nothing',
    { event: placed(REFUSED.refusal), changes: { refusal: undefined } },
  ],
  [
    'refused',
    'placed, but it failed again meanwhile',
    'refused: nothing',
    { event: placed() },
    { event: placed({ reason: PASSING, failures: 1 }) },
  ],
  [
    'refused',
    'failed, may be over soon',
    'refused: retried in 2, 4 ... s',
    {
      event: failed(PASSING),
      changes: { refusal: { reason: PASSING, failures: 2 } },
      effects: { timer: 'start' },
    },
  ],
  [
    'refused',
    'failed, at a limit of watches',
    'refused: timer stopped',
    {
      event: failed(LIMIT),
      changes: { refusal: { reason: LIMIT, failures: 0 } },
      effects: { timer: 'stop' },
    },
  ],
  [
    'any',
    'removed: its name is gone or is another',
    'gone: timer stopped',
    {
      event: removed,
      changes: { gone: true, refusal: undefined },
      effects: { timer: 'stop' },
    },
  ],
  [
    'gone',
    'anything',
    'gone: nothing',
    { event: wanted },
    { event: turn },
    { event: placed() },
    { event: failed(PASSING) },
    { event: removed },
  ],
];

it('watch tree: its table of folder states is the one that these tests go through', () => {
  expect(TABLE.map(([state, event, next]) => [state, event, next])).toEqual(
    stateTableOf('src/watcher/folder-step.ts'),
  );
});

it.each(
  TABLE.map(
    ([state, event, next, ...cases]) => [`${state}, ${event}: ${next}`, state, cases] as const,
  ),
)('watch tree: %s', (_row, state, cases) => {
  for (const before of STATES[state] ?? [])
    for (const { event, changes, effects } of cases)
      expect(folderStep(before, event)).toEqual({ life: { ...before, ...changes }, ...effects });
});

type Happening = 'wanted' | 'turn' | 'ends' | 'removed' | Error;

const happening = fc.constantFrom<Happening>(
  'wanted',
  'turn',
  'ends',
  PASSING,
  LIMIT,
  FORBIDDEN,
  new UnannouncedError('a network file system'),
  'wanted',
  'turn',
  'ends',
);

/** One folder with its timer, as the tree moves it: a turn begins to place it, and ends when it was read. */
class Folder {
  life = IDLE;
  placing: { readonly refusal: Refusal | undefined } | undefined;
  hasTimer = false;
  /** It failed, and was not placed from its beginning since then. */
  failedSince = false;

  happen(now: Happening): void {
    if (now === 'wanted') this.#apply(wanted);
    if (now === 'removed') this.#apply(removed);
    if (now === 'turn' && this.life.queued) {
      this.#apply(turn);
      this.placing = { refusal: this.life.refusal };
      this.failedSince = false;
    }
    if (now === 'ends' && this.placing !== undefined) {
      this.#apply({ type: 'placed', ...this.placing });
      this.placing = undefined;
    }
    if (now instanceof Error) {
      this.#apply(failed(now));
      this.failedSince = true;
    }
  }

  #apply(event: FolderEvent): void {
    const before = this.life;
    const { life, push, timer } = folderStep(before, event);
    this.life = life;
    if (timer !== undefined) this.hasTimer = timer === 'start';
    expect(push ?? false).toBe(life.queued && !before.queued);
  }
}

it('P1: watch tree: a folder that failed is refused until it is placed, and retried unless the reason lasts', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), fc.boolean(), (happenings, ends) => {
      const folder = new Folder();
      for (const now of happenings) {
        folder.happen(now);
        const { queued, refusal } = folder.life;
        if (folder.failedSince) expect(refusal).toBeDefined();
        if (refusal && refusal.failures > 0 && !queued && folder.placing === undefined)
          expect(folder.hasTimer).toBe(true);
        if (!refusal) expect(folder.hasTimer).toBe(false);
      }
      if (!ends) return;
      folder.happen('removed');
      for (const now of happenings) folder.happen(now);
      expect(folder.life).toMatchObject({ gone: true, refusal: undefined });
      expect(folder.hasTimer).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});
