import fc from 'fast-check';
import { createMirrorWork } from '../../../src/sync/mirror/mirror-work.js';
import { momentAt, type Since } from '../../../src/sync/moment.js';
import { type DueRun, RECONCILE, SCAN } from '../../../src/sync/run.js';
import { createDueRuns } from '../../../src/sync/scan/due-runs.js';
import { createPending } from '../../../src/sync/work/pending.js';
import { covers } from '../../../src/watcher/cover.js';
import { createHintStream } from '../../../src/watcher/hint-stream.js';
import { type FakeClock, fakeClock } from '../../fakes/clock.js';

// Histories of one mirror: what happens to files, what is heard of it, what scans find and what becomes of the work. The parts
// that keep book are the real ones; the test knows beside them which changes are not durable, and when each was made.

export interface Change {
  readonly path: string;
  readonly atMs: number;
  heard: boolean;
  /** Its folder was not watched, or has not been scanned since it was. */
  readonly inUnwatched: boolean;
  /** Whether a scan has found it by itself, or together with a later change of the path that had an event: then it is that one. */
  found: 'no' | 'alone' | 'with a later one';
}

export const path = fc.constantFrom('a', 'd/b', 'd/c', 'e/f/g');
export const step = fc.oneof(
  fc.record({ do: fc.constant('change' as const), path, heard: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 60, 700, 5_000) }),
  fc.record({ do: fc.constant('read a hint' as const) }),
  fc.record({ do: fc.constant('rescan' as const), under: fc.constantFrom('', 'd', 'e') }),
  fc.record({ do: fc.constant('doubt' as const), under: fc.constantFrom('', 'd', 'e') }),
  fc.record({
    do: fc.constant('watch' as const),
    under: fc.constantFrom('', 'd', 'e'),
    fails: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('scan' as const),
    refused: fc.integer({ min: 0, max: 4 }).map((of5) => of5 === 0),
  }),
  fc.record({
    do: fc.constant('end of job' as const),
    path,
    how: fc.constantFrom('done', 'dropped', 'quarantined'),
  }),
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export function openHistory(clock: FakeClock, lastScanAgoMs: number | undefined) {
  const pending = createPending();
  const all = new Map<string, { changedAtMs: number | null; sinceMs: number }>();
  const due = createDueRuns();
  const hints = createHintStream({ settleMs: 50, settleLimitMs: 500 }, clock);
  const unwatched = new Set<string>();
  const report =
    lastScanAgoMs === undefined ? {} : { lastScan: { startedAtMs: clock.now() - lastScanAgoMs } };
  const work = createMirrorWork({
    parts: {
      guard: { holding: undefined },
      ledger: { read: () => ({ reconciled: lastScanAgoMs !== undefined, ...report }) },
      health: { trouble: undefined },
      settings: { maxLagMs: 0 },
      clock,
    } as never,
    books: {
      pending,
      quarantine: { all } as never,
      containerTrouble: { error: undefined },
      missed: { missed: false },
      scans: new Set(),
    },
    room: { trouble: undefined },
    held: { since: () => undefined },
    isUnseen: () => false,
  });
  work.watchedBy({
    runs: () => due.open,
    unsettled: hints.unsettled,
    unwatched: () => [...unwatched].map((under) => ({ under, why: 'no watches left' })),
  });
  return { pending, all, due, hints, work, unwatched };
}

/** Plays a history; after each step `check` is given what the mirror says and what is so. */
export async function play(
  steps: readonly Step[],
  lastScanAgoMs: number | undefined,
  check: (now: Truth) => void,
): Promise<void> {
  const clock = fakeClock();
  const { pending, all, due, hints, work, unwatched } = openHistory(clock, lastScanAgoMs);
  const reader = hints[Symbol.asyncIterator]();
  let undone: readonly Change[] = [];
  const never = new AbortController().signal;
  let asking: Promise<void> | undefined;
  let scanning: DueRun | undefined;

  const dueAt = (name: string) => undone.some(({ path }) => path === name);
  const take = async (): Promise<void> => {
    const { value: hint, done } = await reader.next();
    if (done === true) return;
    if (hint.kind === 'rescan') {
      due.add({
        ...SCAN,
        fromEvents: true,
        under: hint.under,
        why: hint.why,
        ...(hint.since === undefined ? {} : { since: momentAt(hint.since, clock) }),
      });
      return;
    }
    for (const [at, name] of hint.paths.entries())
      if (dueAt(name)) pending.add(name, momentAt(hint.since[at] ?? 0, clock));
  };
  const scan = async (refused: boolean): Promise<void> => {
    if (due.waiting.length === 0) return;
    const run = await due.next(never);
    const end = work.scanning(run);
    scanning = run;
    check(truth());
    const found = refused ? [] : undone.filter(({ path }) => covers(run.under, path));
    for (const each of found) {
      const isKnown = pending.has(each.path) || hints.unsettled(each.path)?.since !== undefined;
      if (each.found === 'no') each.found = isKnown ? 'with a later one' : 'alone';
      pending.add(each.path, work.changedAt(each.path, run));
    }
    end(refused ? 'failed' : 'finished');
    if (refused) due.add(run);
    due.over();
    scanning = undefined;
  };
  const truth = (): Truth => {
    const blind = [...due.open, ...(scanning === undefined ? [] : [scanning])].some(
      ({ since }) => since === undefined,
    );
    return {
      state: work.condition().state,
      left: work.left(),
      quarantined: [...all.keys()],
      lagSeconds: work.lagSeconds(),
      // A change without an event, which no scan has found or is about to find, is not known.
      undone: undone.filter(
        ({ heard, inUnwatched, found }) =>
          heard || inUnwatched || found === 'alone' || (blind && found === 'no'),
      ),
      anyUnheard:
        blind || undone.some(({ heard }) => !heard) || hints.unsettled()?.since === undefined,
      open: due.open.length > 0,
      nowMs: clock.now(),
    };
  };
  const act = async (now: Step): Promise<void> => {
    switch (now.do) {
      case 'change':
        {
          const inUnwatched = [...unwatched].some((under) => covers(under, now.path));
          const heard = now.heard && !inUnwatched;
          const change = {
            path: now.path,
            atMs: clock.now(),
            heard,
            inUnwatched,
            found: 'no' as const,
          };
          undone = [...undone, change];
          if (heard) hints.changed(now.path);
        }
        return;
      case 'watch':
        if (now.fails === unwatched.has(now.under)) return;
        if (now.fails) unwatched.add(now.under);
        else unwatched.delete(now.under);
        return hints.invalidate(now.under, 'as the watch of a folder does', true);
      case 'wait':
        return clock.advance(now.ms);
      case 'read a hint':
        asking ??= take().finally(() => {
          asking = undefined;
        });
        await Promise.race([asking, clock.advance(0)]);
        return;
      case 'rescan':
        return due.add({ ...SCAN, under: now.under, why: 'rescan timer' });
      case 'doubt':
        return hints.invalidate(now.under, 'events may have been lost', true);
      case 'scan':
        return scan(now.refused);
      case 'end of job': {
        if (!pending.has(now.path)) return;
        if (now.how === 'dropped') {
          pending.drop(now.path);
          due.add({ ...RECONCILE, why: 'dropped' });
        } else {
          const sinces: Since[] = [...pending.ages()];
          if (now.how === 'quarantined') {
            const changedAtMs = sinces.includes(null)
              ? null
              : Math.min(...sinces.map((since) => since?.wallMs ?? 0));
            all.set(now.path, { changedAtMs, sinceMs: clock.now() });
          } else {
            all.delete(now.path);
            // Whatever waits to be heard of was seen by the job.
            undone = undone.filter(({ path }) => path !== now.path);
          }
          pending.settled(now.path);
        }
      }
    }
  };

  work.scanning({ ...SCAN, why: 'start' })(lastScanAgoMs === undefined ? 'failed' : 'finished');
  for (const now of steps) {
    await act(now);
    check(truth());
  }
  hints.close();
}

export interface Truth {
  readonly state: string;
  readonly left: { readonly objects: number; readonly events: boolean };
  readonly quarantined: readonly string[];
  readonly lagSeconds: number | null;
  /** Changes that are not durable and can be known. */
  readonly undone: readonly Change[];
  readonly anyUnheard: boolean;
  readonly open: boolean;
  readonly nowMs: number;
}

export const histories = [
  fc.array(step, { maxLength: 60 }),
  fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
] as const;
