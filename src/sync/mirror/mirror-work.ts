import type { Clock } from '../../clock.js';
import type { RelativePath } from '../../watcher/entry.js';
import type { Degraded, Unsettled } from '../../watcher/watcher.js';
import { type Moment, momentAt, momentNow, momentOfEpoch, oldest, type Since } from '../moment.js';
import type { DueRun } from '../run.js';
import { createSeenTimes, type SeenTimes } from '../scan/seen-times.js';
import type { Pending } from '../work/pending.js';
import type { Quarantine } from '../work/quarantine.js';
import type { TargetRoom } from '../work/target-room.js';
import { createBehind } from './behind.js';
import { conditionOf } from './condition-of.js';
import type { ContainerTrouble } from './container-trouble.js';
import type { HeldChanges } from './held-changes.js';
import type { MirrorParts } from './mirror-parts.js';
import {
  type Condition,
  lagOf,
  type MirrorFacts,
  stateOf,
  type UndoneChanges,
} from './mirror-state.js';
import type { MissedWork } from './missed-work.js';

/** What the watch of a mirror's source has still to find out. */
export interface Watch {
  /** Runs that are due or under way. */
  runs(): readonly DueRun[];
  /** Events that have not been looked at; see Watcher. */
  unsettled(path?: RelativePath): Unsettled | undefined;
  /** Folders whose changes have no event; see Watcher. */
  unwatched(): readonly Degraded[];
}

/** `partial`: it found what is new and has changed, and not what is gone. */
export type ScanEnd = 'finished' | 'partial' | 'failed';

/**
 * What there is to say of a mirror as a whole: its state and its lag. Both are worked out when they are asked for, from what
 * waits, runs, is due, is held, fails and was dropped.
 */
export interface MirrorWork {
  /** Who watches the mirror from now on; undefined: nothing hears of changes any more. */
  watchedBy(watch: Watch | undefined): void;
  /** An error keeps the whole mirror from working; undefined: no longer. */
  stoppedBy(error: unknown): void;
  /** Why a scan has found the source not to be what was mirrored before; undefined: it is. */
  deletesVetoed(why: string | undefined): void;
  /** The provider refuses what this kind of run needs of it, and why; undefined: no longer. */
  refused(run: DueRun['kind'], why: string | undefined): void;
  /** A scan is under way until what this returns is called. */
  scanning(due: DueRun): (end: ScanEnd) => void;
  /** When a change was made that this run finds at a path. */
  changedAt(path: RelativePath, due: DueRun): Since;
  condition(): Condition;
  /** Whether a scan is under way or due. */
  isScanning(): boolean;
  /** What would not be done if the mirror ended now: objects whose work waits, runs, was dropped or deferred, and whether other events were not seen to. */
  left(): { readonly objects: number; readonly events: boolean };
  /** See lagOf. */
  lagSeconds(): number | null;
}

export interface MirrorWorkOptions {
  readonly parts: Pick<
    MirrorParts,
    'settings' | 'guard' | 'ledger' | 'health' | 'paused' | 'clock'
  >;
  readonly books: UndoneWork;
  readonly held: Pick<HeldChanges, 'since'>;
  readonly room: Pick<TargetRoom, 'trouble'>;
  /** Whether it cannot be found out what is at an object's name. */
  readonly isUnseen: (name: string) => boolean;
}

export interface UndoneWork {
  readonly pending: Pending;
  readonly quarantine: Pick<Quarantine, 'all'>;
  readonly containerTrouble: Pick<ContainerTrouble, 'error'>;
  readonly missed: Pick<MissedWork, 'missed'>;
  /** Scans under way. MirrorWork adds them and removes them. */
  readonly scans: Set<DueRun>;
}

/** What the mirror is in, as its watch, its scans and its errors have reported it. */
interface Situation {
  readonly seen: SeenTimes;
  readonly refusals: Map<DueRun['kind'], string>;
  watch: Watch | undefined;
  /** False until the first watch: a one-shot run gets no events, and its scan finds everything. */
  isWatched: boolean;
  /** A scan has begun. */
  begun: boolean;
  /** A watch ended with events that were not handled, and no scan has finished since. */
  unheard: boolean;
  stopped: Condition | undefined;
  readonly behind: ReturnType<typeof createBehind>;
  deleteVeto: string | undefined;
}

const MISSED = 'something was left undone that only a scan finds';

export function createMirrorWork(options: MirrorWorkOptions): MirrorWork {
  const { parts, books, isUnseen } = options;
  const { pending, scans } = books;
  const { clock } = parts;
  const now: Situation = {
    seen: createSeenTimes(lastSeen(parts.ledger.read(), clock)),
    refusals: new Map(),
    watch: undefined,
    isWatched: false,
    begun: false,
    unheard: false,
    stopped: undefined,
    behind: createBehind(parts.settings.maxLagMs, clock),
    deleteVeto: undefined,
  };

  return {
    watchedBy(by) {
      now.unheard = hasUnheard(now);
      now.watch = by;
      now.isWatched = true;
    },
    stoppedBy(error) {
      now.stopped = error === undefined ? undefined : conditionOf(error);
    },
    deletesVetoed(why) {
      now.deleteVeto = why;
    },
    refused(run, why) {
      if (why === undefined) now.refusals.delete(run);
      else now.refusals.set(run, why);
    },
    scanning(due) {
      now.begun = true;
      const began = momentNow(clock);
      const run = { ...due };
      scans.add(run);
      return (end) => {
        scans.delete(run);
        if (end !== 'finished') return;
        now.seen.saw(due.under, began);
        if (due.under !== '') return;
        now.unheard = false;
        pending.found(isUnseen);
      };
    },
    changedAt(path, { since }) {
      if (since !== undefined) return since;
      const heard = now.watch?.unsettled(path)?.since;
      return heard === undefined ? now.seen.at(path) : momentAt(heard, clock);
    },
    condition: () => stateOf(factsOf(options, now)),
    isScanning: () => openRuns(options, now).length > 0 || books.missed.missed,
    left: () => ({ objects: pending.undone, events: hasUnheard(now) }),
    lagSeconds: () => lagNow(options, now),
  };
}

/** Whether there are events that nothing has seen to: they settle, or the scan that they became is not over. */
function hasUnheard({ unheard, watch }: Situation): boolean {
  const runs = watch?.runs() ?? [];
  return unheard || watch?.unsettled() !== undefined || runs.some(({ fromEvents }) => fromEvents);
}

function lagNow(options: MirrorWorkOptions, now: Situation): number | null {
  const undone = { known: knownMoments(options, now), unfound: unfound(options, now) };
  return lagOf(undone, options.parts.clock);
}

function openRuns({ books }: MirrorWorkOptions, { watch }: Situation): readonly DueRun[] {
  return [...books.scans, ...(watch?.runs() ?? [])];
}

function factsOf(options: MirrorWorkOptions, now: Situation): MirrorFacts {
  const { parts, books, room } = options;
  const { guard, ledger, health, paused } = parts;
  const { pending, quarantine, containerTrouble, missed } = books;
  const target = health.trouble ?? room.trouble;
  const [refusal] = now.refusals;
  return {
    begun: now.begun,
    trouble: now.stopped ?? (containerTrouble.error && conditionOf(containerTrouble.error)),
    pausedUntilMs: paused?.gate.pausedUntilMs,
    target: target && conditionOf(target),
    deleteVeto: now.deleteVeto,
    scans: [...openRuns(options, now).map(({ why }) => why), ...(missed.missed ? [MISSED] : [])],
    pending: pending.size,
    unsettled: now.watch?.unsettled() !== undefined,
    dropped: pending.dropped,
    deferred: pending.deferred,
    refusal: refusal && {
      run: refusal[0],
      why: refusal[1],
      reconciled: ledger.read().reconciled,
    },
    behind: () => now.behind(() => lagNow(options, now)),
    failing: quarantine.all.size,
    held: guard.holding !== undefined,
    unwatched: now.watch?.unwatched() ?? [],
  };
}

/** When each change was made that is known and not durable yet. */
function* knownMoments(options: MirrorWorkOptions, now: Situation): Generator<Since> {
  const { parts, books, held } = options;
  const { guard, clock } = parts;
  const pending = books.pending.oldest();
  if (pending !== undefined) yield pending;
  for (const { changedAtMs, sinceMs } of books.quarantine.all.values()) {
    const atMs = changedAtMs === undefined ? sinceMs : changedAtMs;
    yield atMs === null ? null : momentOfEpoch(atMs, clock);
  }
  if (guard.holding !== undefined)
    yield held.since() ?? momentOfEpoch(guard.holding.sinceMs, clock);
  for (const { since } of openRuns(options, now)) if (since !== undefined) yield since;
  const since = now.watch?.unsettled()?.since;
  if (since !== undefined) yield momentAt(since, clock);
}

/** The moment after which there may be changes that had no event and that no scan has looked for. */
function unfound(options: MirrorWorkOptions, now: Situation): UndoneChanges['unfound'] {
  if (mayMissAnywhere(options, now)) return { after: now.seen.at('') };
  const after = oldest((now.watch?.unwatched() ?? []).map(({ under }) => now.seen.at(under)));
  return after === undefined ? undefined : { after };
}

/** Whether there may be such changes anywhere in the source, and not only in folders without a watch. */
function mayMissAnywhere(options: MirrorWorkOptions, now: Situation): boolean {
  const { parts, books } = options;
  const { watch, begun, stopped, isWatched, refusals } = now;
  const unsettled = watch?.unsettled();
  const hasUnseen = unsettled !== undefined && unsettled.since === undefined;
  const deaf = !begun || stopped !== undefined || (isWatched && watch === undefined);
  const refused = refusals.size > 0 && !parts.ledger.read().reconciled;
  return (
    deaf ||
    hasUnseen ||
    refused ||
    books.missed.missed ||
    openRuns(options, now).some(({ since }) => since === undefined)
  );
}

/** When the last run began that had seen all of the source, as it was written down. */
function lastSeen(
  { reconciled, lastScan, lastReconcile }: ReturnType<MirrorParts['ledger']['read']>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Moment | null {
  const times = [lastScan, lastReconcile].flatMap((report) => report?.startedAtMs ?? []);
  return reconciled && times.length > 0 ? momentOfEpoch(Math.max(...times), clock) : null;
}
