import type { Clock } from '../../clock.js';
import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { RelativePath } from '../../watcher/entry.js';
import type { Progress } from '../events.js';
import type { Since } from '../moment.js';
import { type AwaitedNames, createAwaitedNames } from '../work/awaited-names.js';
import { type ChangedNames, createChangedNames } from './changed-names.js';
import { startTally, type Tally } from './report.js';

/** One scan or reconcile, from its start until the last of its jobs is over. */
export interface Run {
  readonly id: number;
  /** It began with an empty index: no file that it finds was sent under another name before. */
  readonly first: boolean;
  readonly tally: Tally;
  readonly awaited: AwaitedNames;
  /** What jobs of others did since it began, and its listing does not know. */
  readonly changed: ChangedNames;
  /** When a change was made that it finds at this path. */
  since: (path: RelativePath) => Since;
  /** Files and links scanned so far. */
  scanned: () => number;
  readonly work: { jobsDue: number; jobsDone: number; bytesDue: number; bytesDone: number };
}

export function progressOf({ scanned, work }: Run): Progress {
  return { scanned: scanned(), ...work };
}

/** The runs whose jobs are not all over yet. */
export interface Runs {
  begin(index: Pick<ObjectIndex, 'count'>): Run;
  end(run: Run): void;
  get(id: number): Run | undefined;
  /** A job is over. Whichever run asked for its name, the object has been seen to; but for a run whose own job is still to come. */
  settled(name: ObjectName, awaitedBy?: number): void;
  /** A job of this run, or of none, may have changed the object. */
  changed(name: ObjectName, by: number): void;
}

export function createRuns(clock: Clock): Runs {
  const current = new Map<number, Run>();
  let lastId = 0;
  return {
    begin(index) {
      lastId += 1;
      const work = { jobsDue: 0, jobsDone: 0, bytesDue: 0, bytesDone: 0 };
      const run: Run = {
        id: lastId,
        first: index.count() === 0,
        tally: startTally(clock),
        awaited: createAwaitedNames(),
        changed: createChangedNames(),
        since: () => null,
        scanned: () => 0,
        work,
      };
      current.set(run.id, run);
      return run;
    },
    end: (run) => {
      current.delete(run.id);
    },
    get: (id) => current.get(id),
    settled(name, awaitedBy) {
      for (const { id, awaited } of current.values()) if (id !== awaitedBy) awaited.settled(name);
    },
    changed(name, by) {
      for (const { id, changed } of current.values()) if (id !== by) changed.add(name);
    },
  };
}

/** Counts for the summary of this run; a job of no run is not counted. */
export function countFor(
  runs: Pick<Runs, 'get'>,
  run: number,
  what: 'skipped' | 'failed' | 'held',
): void {
  const tally = runs.get(run)?.tally;
  if (tally) tally.counts[what] += 1;
}
