import type { Clock } from '../../clock.js';
import type { RelativePath } from '../../watcher/entry.js';
import type { Degraded, Unsettled } from '../../watcher/watcher.js';
import { type Moment, momentAt, momentNow, momentOfEpoch, oldest, type Since } from '../moment.js';
import type { DueRun } from '../scan/due-runs.js';
import { createSeenTimes } from '../scan/seen-times.js';
import type { Pending } from '../work/pending.js';
import type { Quarantine } from '../work/quarantine.js';
import type { TargetRoom } from '../work/target-room.js';
import { conditionOf } from './condition-of.js';
import type { ContainerTrouble } from './container-trouble.js';
import type { JobLedger } from './job-ledger.js';
import type { MirrorParts } from './mirror-parts.js';
import {
  type Condition,
  lagOf,
  type MirrorFacts,
  stateOf,
  type UndoneChanges,
} from './mirror-state.js';

/** What is still to be found out about a mirror's source, by who watches it. */
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
  isScanning(): boolean;
  condition(): Condition;
  /** What would not be done if the mirror ended now: objects whose work waits, runs or was dropped, and whether there are events besides. */
  left(): { readonly objects: number; readonly events: boolean };
  /** See lagOf. */
  lagSeconds(): number | null;
}

export interface MirrorWorkOptions {
  readonly parts: Pick<MirrorParts, 'guard' | 'ledger' | 'health' | 'clock'>;
  readonly pending: Pending;
  readonly quarantine: Pick<Quarantine, 'all'>;
  readonly containerTrouble: Pick<ContainerTrouble, 'error'>;
  readonly room: Pick<TargetRoom, 'trouble'>;
  readonly jobLedger: Pick<JobLedger, 'missed' | 'heldSince'>;
  /** Whether it cannot be told what is at an object's name. */
  readonly isUnseen: (name: string) => boolean;
}

const MISSED = 'something was left undone that only a scan finds';

export function createMirrorWork(options: MirrorWorkOptions): MirrorWork {
  const { parts, pending, quarantine, containerTrouble, room, jobLedger, isUnseen } = options;
  const { guard, ledger, health, clock } = parts;
  const seen = createSeenTimes(lastSeen(ledger.read(), clock));
  const scans = new Set<DueRun>();
  const refusals = new Map<DueRun['kind'], string>();
  let watch: Watch | undefined;
  /** False until somebody has begun to watch: a one-shot run hears of nothing, and finds all there is by its scan. */
  let isWatched = false;
  let begun = false;
  /** The watch ended while there were events that nobody has looked at, and no scan since. */
  let unheard = false;
  let stopped: Condition | undefined;
  let deleteVeto: string | undefined;

  function runs(): readonly DueRun[] {
    return [...scans, ...(watch?.runs() ?? [])];
  }

  function condition(): Condition {
    const [refusal] = refusals;
    const facts: MirrorFacts = {
      begun,
      trouble: stopped ?? (containerTrouble.error && conditionOf(containerTrouble.error)),
      target: targetCondition(health.trouble ?? room.trouble),
      deleteVeto,
      scans: [...runs().map(({ why }) => why), ...(jobLedger.missed ? [MISSED] : [])],
      pending: pending.size,
      unsettled: watch?.unsettled() !== undefined,
      dropped: pending.dropped,
      refusal: refusal && {
        run: refusal[0],
        why: refusal[1],
        reconciled: ledger.read().reconciled,
      },
      failing: quarantine.all.size,
      held: guard.holding !== undefined,
      unwatched: watch?.unwatched() ?? [],
    };
    return stateOf(facts);
  }

  function* known(): Generator<Since> {
    yield* pending.ages();
    for (const { changedAtMs, sinceMs } of quarantine.all.values()) {
      const atMs = changedAtMs === undefined ? sinceMs : changedAtMs;
      yield atMs === null ? null : momentOfEpoch(atMs, clock);
    }
    if (guard.holding !== undefined)
      yield jobLedger.heldSince() ?? momentOfEpoch(guard.holding.sinceMs, clock);
    for (const { since } of runs()) if (since !== undefined) yield since;
    const since = watch?.unsettled()?.since;
    if (since !== undefined) yield momentAt(since, clock);
  }

  /** The moment after which there may be changes that had no event and that no scan has looked for. */
  function unfound(): UndoneChanges['unfound'] {
    if (mayMiss()) return { after: seen.at('') };
    const moments = (watch?.unwatched() ?? []).map(({ under }) => seen.at(under));
    const after = oldest(moments);
    return after === undefined ? undefined : { after };
  }

  /** The same of changes anywhere in the source. */
  function mayMiss(): boolean {
    const unsettled = watch?.unsettled();
    const hasUnseen = unsettled !== undefined && unsettled.since === undefined;
    const deaf = !begun || stopped !== undefined || (isWatched && watch === undefined);
    const refused = refusals.size > 0 && !ledger.read().reconciled;
    return (
      deaf ||
      hasUnseen ||
      refused ||
      jobLedger.missed ||
      runs().some(({ since }) => since === undefined)
    );
  }

  return {
    watchedBy(by) {
      unheard ||= watch?.unsettled() !== undefined;
      watch = by;
      isWatched = true;
    },
    stoppedBy(error) {
      stopped = error === undefined ? undefined : conditionOf(error);
    },
    deletesVetoed(why) {
      deleteVeto = why;
    },
    refused(run, why) {
      if (why === undefined) refusals.delete(run);
      else refusals.set(run, why);
    },
    scanning(due) {
      begun = true;
      const began = momentNow(clock);
      const run = { ...due };
      scans.add(run);
      return (end) => {
        scans.delete(run);
        if (end !== 'finished') return;
        seen.saw(due.under, began);
        if (due.under !== '') return;
        unheard = false;
        pending.found(isUnseen);
      };
    },
    changedAt(path, { since }) {
      if (since !== undefined) return since;
      const heard = watch?.unsettled(path)?.since;
      return heard === undefined ? seen.at(path) : momentAt(heard, clock);
    },
    isScanning: () => scans.size > 0,
    condition,
    left: () => ({ objects: pending.size + pending.dropped, events: unheard }),
    lagSeconds: () => lagOf({ known: known(), unfound: unfound() }, clock),
  };
}

function targetCondition(trouble: Error | undefined): Condition | undefined {
  return trouble && conditionOf(trouble);
}

/** When the last run began that had seen all of the source, as it was written down. */
function lastSeen(
  { reconciled, lastScan, lastReconcile }: ReturnType<MirrorParts['ledger']['read']>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Moment | null {
  const times = [lastScan, lastReconcile].flatMap((report) => report?.startedAtMs ?? []);
  return reconciled && times.length > 0 ? momentOfEpoch(Math.max(...times), clock) : null;
}
