import type { ObjectName } from '../../state/object-index.js';
import type { Guard } from '../guard/guard.js';
import type { Change } from '../guard-rule.js';
import { oldest, type Since } from '../moment.js';
import type { Job } from '../work/job.js';
import type { Dependents } from './dependents.js';
import type { MirrorStats } from './mirror-stats.js';
import { countFor, type Runs } from './runs.js';

/** The changes that the guard holds until a person decides. */
export interface HeldChanges {
  /** The guard stopped this change of an object, which was found to be due in this run, and made at this moment. */
  add(due: Pick<Job, 'name' | 'since' | 'run'>, change: Change): void;
  /** Counts and reports a held change of this object. */
  report(name: ObjectName, change: Change, run: number): void;
  /** When the oldest change was made that was added since the guard began to hold; undefined when none was. */
  since(): Since | undefined;
}

export interface HeldChangesOptions {
  readonly guard: Pick<Guard, 'holding'>;
  readonly runs: Pick<Runs, 'get'>;
  readonly stats: Pick<MirrorStats, 'held'>;
  readonly dependents: Pick<Dependents, 'notMirrored'>;
}

export function createHeldChanges(options: HeldChangesOptions): HeldChanges {
  const { guard, runs, stats, dependents } = options;
  let oldestHeld:
    | { readonly since: Since; readonly holdingSinceMs: number | undefined }
    | undefined;

  function since(): Since | undefined {
    return oldestHeld?.holdingSinceMs === guard.holding?.sinceMs ? oldestHeld?.since : undefined;
  }

  function report(name: ObjectName, change: Change, run: number): void {
    countFor(runs, run, 'held');
    stats.held(name, change);
  }

  return {
    since,
    report,
    add({ name, since: changed, run }, change) {
      const before = since();
      oldestHeld = {
        since: oldest([changed, ...(before === undefined ? [] : [before])]) ?? null,
        holdingSinceMs: guard.holding?.sinceMs,
      };
      report(name, change, run);
      if (change === 'overwrite')
        dependents.notMirrored(name, 'its overwrite is held by the guard');
    },
  };
}
