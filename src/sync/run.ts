import type { RelativePath } from '../watcher/entry.js';
import type { RunKind } from './events.js';
import type { Moment } from './moment.js';

/** The views of a mirror that a run compares name by name. */
export interface RunSides {
  /** The source is walked. Without it each file counts as what its record says, and no name counts as missing. */
  readonly source: boolean;
  /** The records of what was sent. */
  readonly index: boolean;
  /** The container is listed. */
  readonly listing: boolean;
}

/** A comparison of a mirror that is to be made: plain data. */
export interface DueRun {
  /** What events, log and JSON output call it. What the run does follows from the other members alone. */
  readonly kind: RunKind;
  readonly sides: RunSides;
  /** The folder that is compared; '' is the whole source. A listing is always that of the whole mirror. */
  readonly under: RelativePath;
  /** For people. */
  readonly why: string;
  /**
   * False: makes jobs of new and changed files only, and leaves names without a file to another run. True only with
   * `sides.source` and `sides.index`, which are the evidence of a delete.
   */
  readonly deletes: boolean;
  /** When the first event came of what is to be found. Missing: there may be changes that had no event. */
  readonly since?: Moment;
  /** The watcher asked for it: until it is over, nothing has seen to those events. */
  readonly fromEvents?: true;
  /**
   * It may find files that have come since then and that nothing has seen: milliseconds on the monotonic clock. Missing: nothing
   * says that there are any (a timer's run). See ScansDue.
   */
  readonly unseenSinceMs?: number;
  /**
   * The folder is gone. It may have been renamed: only when nothing else waits, and what is to be found elsewhere has been
   * found, it is known what to make of that.
   */
  readonly gone?: true;
  /** What the index says of the container is in doubt: its listing is the provider's own, and no inventory of an earlier time. */
  readonly listsItself?: true;
}

/** What a run is before it has a reason. */
export type RunPlan = Omit<DueRun, 'why'>;

/** The whole source against the index. */
export const SCAN: RunPlan = {
  kind: 'scan',
  sides: { source: true, index: true, listing: false },
  under: '',
  deletes: true,
};

/** The whole source against the index and the container. */
export const RECONCILE: RunPlan = {
  kind: 'reconcile',
  sides: { source: true, index: true, listing: true },
  under: '',
  deletes: true,
};

/** No comparison: what is to be done was found by another run. */
export const APPLY: RunPlan = {
  kind: 'apply',
  sides: { source: false, index: false, listing: false },
  under: '',
  deletes: false,
};

/** The runs that a person can ask for by name. */
export const RUNS: Readonly<Record<'scan' | 'reconcile', RunPlan>> = {
  scan: SCAN,
  reconcile: RECONCILE,
};

/** Whether the run finds all that has changed in the source, missing names included. */
export function seesWholeSource({ under, deletes, sides }: DueRun): boolean {
  return under === '' && deletes && sides.source && sides.index;
}

/** Whether the run finds every difference between the source and the container. */
export function seesWholeMirror(run: DueRun): boolean {
  return seesWholeSource(run) && run.sides.listing;
}

/** Whether the run `wide` finds all that `narrow` would find, and as soon: a scan of a folder that is gone waits for all others. */
export function covers(wide: DueRun, narrow: DueRun): boolean {
  return (
    (wide.sides.source || !narrow.sides.source) &&
    (wide.sides.index || !narrow.sides.index) &&
    (wide.sides.listing || !narrow.sides.listing) &&
    (wide.deletes || !narrow.deletes) &&
    (!wide.gone || narrow.gone === true) &&
    (wide.listsItself === true || !narrow.listsItself) &&
    (wide.under === '' || narrow.under === wide.under || narrow.under.startsWith(`${wide.under}/`))
  );
}
