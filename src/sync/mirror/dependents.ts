import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import { momentNow } from '../moment.js';
import type { WaitingJobs } from '../work/waiting-jobs.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { Admission } from './admission.js';
import type { MissedWork } from './missed-work.js';

/** Jobs and deletes that depend on what becomes of another name: see Whereabouts and WaitingJobs. */
export interface Dependents {
  /** No job sees to this name any more: what waited for it runs, in this run. */
  settled(name: ObjectName, run: number): void;
  /** An attempt for this name has failed, and there will be another: what can go on without it runs. */
  delayed(name: ObjectName): void;
  /** The file under this name is not mirrored, and this was the last attempt for now. */
  notMirrored(name: ObjectName, why: string): void;
}

export interface DependentsOptions {
  readonly whereabouts: Pick<Whereabouts, 'ended' | 'delayed' | 'notMirrored'>;
  readonly waitingJobs: Pick<WaitingJobs, 'ended'>;
  readonly admission: Pick<Admission, 'seeTo'>;
  readonly missed: Pick<MissedWork, 'miss'>;
  readonly clock: Clock;
  /** Aborted: nothing new is begun. */
  readonly drain: AbortSignal;
}

export function createDependents(options: DependentsOptions): Dependents {
  const { whereabouts, waitingJobs, admission, missed, clock, drain } = options;
  return {
    settled(name, run) {
      const withheld = whereabouts.ended(name);
      if (withheld.length > 0 && !drain.aborted)
        admission.seeTo(withheld, run, momentNow(clock)).catch(missed.miss);
      waitingJobs.ended(name);
    },
    delayed(name) {
      whereabouts.delayed(name);
      waitingJobs.ended(name);
    },
    notMirrored: whereabouts.notMirrored,
  };
}
