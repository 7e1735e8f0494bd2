import { type Clock, isoTime } from '../../clock.js';
import type { Degraded } from '../../watcher/watcher.js';
import type { MirrorState } from '../events.js';
import { ageMs, isOlder, type Moment, oldest, type Since } from '../moment.js';

/** A state with its reason, for people; '' where there is nothing to add. */
export interface Condition {
  readonly state: MirrorState;
  readonly why: string;
}

/** All that a mirror's state follows from; gathered when it is asked for. */
export interface MirrorFacts {
  /** False until its first scan begins. */
  readonly begun: boolean;
  /** What keeps this mirror, and no other of its target, from doing anything. */
  readonly trouble: Condition | undefined;
  /** Until when a person has paused the mirror; milliseconds since the epoch. */
  readonly pausedUntilMs: number | undefined;
  /** What keeps the target from taking anything, or some things. */
  readonly target: Condition | undefined;
  /** Why the source is not believed to be what was mirrored before. */
  readonly deleteVeto: string | undefined;
  /** Why scans that are under way or due are made. */
  readonly scans: readonly string[];
  /** Objects with work that waits or runs. */
  readonly pending: number;
  /** There are events of changes that have not been looked at. */
  readonly unsettled: boolean;
  /** Objects whose work was dropped, until a scan finds it again. */
  readonly dropped: number;
  /** Objects whose deletes wait until no other process can write them any more. */
  readonly deferred: number;
  /** What the provider refuses of a whole run, and whether any reconcile has finished. */
  readonly refusal:
    | { readonly run: string; readonly why: string; readonly reconciled: boolean }
    | undefined;
  /** Asked while the mirror is at work: why its lag is too large; undefined: it is not. */
  readonly behind: () => string | undefined;
  /** Objects that failed so often that they are tried rarely. */
  readonly failing: number;
  /** The guard holds changes. */
  readonly held: boolean;
  /** Folders that could not be watched: what changes in them is known after their next scan. */
  readonly unwatched: readonly Degraded[];
}

/**
 * Pure: the state of a mirror. Obstacles come before work that waits or runs, and such work before conditions that remain
 * when it is done. A mirror without any of these is in sync.
 */
export function stateOf(facts: MirrorFacts): Condition {
  return conditionIn(facts) ?? atWork(facts) ?? leftIn(facts) ?? { state: 'in-sync', why: '' };
}

/** Work that takes too long is more than work. */
function atWork(facts: MirrorFacts): Condition | undefined {
  const work = workIn(facts);
  if (work === undefined || work.state === 'target-down') return work;
  const why = facts.behind();
  return why === undefined ? work : { state: 'behind', why };
}

function conditionIn({
  begun,
  trouble,
  pausedUntilMs,
  target,
  deleteVeto,
}: MirrorFacts): Condition | undefined {
  if (trouble !== undefined) return trouble;
  if (pausedUntilMs !== undefined)
    return { state: 'paused', why: `paused until ${isoTime(pausedUntilMs)}` };
  if (target !== undefined) return target;
  if (deleteVeto !== undefined) return { state: 'source-changed', why: deleteVeto };
  return begun ? undefined : { state: 'starting', why: '' };
}

function workIn({
  scans,
  refusal,
  pending,
  unsettled,
  dropped,
  deferred,
}: MirrorFacts): Condition | undefined {
  const [scan] = scans;
  if (scan !== undefined) return { state: 'scanning', why: scan };
  if (refusal !== undefined && !refusal.reconciled)
    return { state: 'target-down', why: refusal.why };
  if (pending > 0 || unsettled) return { state: 'transferring', why: '' };
  if (dropped > 0)
    return { state: 'transferring', why: `the work on ${amount(dropped, 'object')} was dropped` };
  if (deferred === 0) return undefined;
  const deletes = deferred === 1 ? '1 delete waits' : `${deferred} deletes wait`;
  return { state: 'transferring', why: `${deletes} until no worker can write the object any more` };
}

function leftIn({ failing, refusal, held, unwatched }: MirrorFacts): Condition | undefined {
  const what = [
    ...(failing > 0 ? [`${amount(failing, 'object')} failed repeatedly`] : []),
    ...(refusal === undefined
      ? []
      : [`a ${refusal.run} is refused and tried again: ${refusal.why}`]),
    ...(held ? ['deletes or overwrites are held'] : []),
    ...notWatched(unwatched),
  ];
  if (what.length === 0) return undefined;
  const state = failing > 0 || refusal !== undefined ? 'failing' : held ? 'held' : 'degraded';
  return { state, why: what.join('; ') };
}

function notWatched(folders: readonly Degraded[]): readonly string[] {
  const [first] = folders;
  if (first === undefined) return [];
  const what = folders.length === 1 ? '1 folder is' : `${folders.length} folders are`;
  const which = first.under === '' ? '' : `${first.under}: `;
  return [`${what} not watched, but scanned on a timer (${which}${first.why})`];
}

function amount(of: number, what: string): string {
  return `${of} ${what}${of === 1 ? '' : 's'}`;
}

/** All that a mirror's lag follows from. */
export interface UndoneChanges {
  /** When each change that is known and not durable was made; null where that is not known. */
  readonly known: Iterable<Since>;
  /** Set while there may be others that only a scan finds, made after this moment; null: at any time. */
  readonly unfound: { readonly after: Since } | undefined;
}

/**
 * Pure: seconds since the oldest change that is not durable, 0 when there is none, and null when that is not known: a scan
 * may still find an older one.
 */
export function lagOf(
  { known, unfound }: UndoneChanges,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): number | null {
  const first = oldest(known);
  if (first === null) return null;
  if (unfound !== undefined && !isBefore(first, unfound.after)) return null;
  return first === undefined ? 0 : ageMs(first, clock) / 1_000;
}

/** Whether nothing that happened after `moment` can be older. */
function isBefore(first: Moment | undefined, moment: Since): boolean {
  return first !== undefined && moment !== null && !isOlder(moment, first);
}
