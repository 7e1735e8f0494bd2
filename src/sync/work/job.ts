import type { ObjectName } from '../../state/object-index.js';
import type { Damage } from '../decide-healing.js';
import type { Planned } from '../evidence.js';
import type { Since } from '../moment.js';
import type { PlainEntry, PlainRemote } from './plain-facts.js';
import type { QueuedJob } from './queue.js';

/**
 * "See to this object": plain data that JSON gives back unchanged, so that a queue may carry it to another process. What
 * is to be done is decided when it runs, from what is on the disk then. `plain-facts.ts` converts what has no form in
 * JSON.
 */
export interface Job extends QueuedJob {
  readonly mirror: string;
  readonly name: ObjectName;
  /** The run whose summary counts it; NO_RUN where no scan asked for it. */
  readonly run: number;
  /** When the change was made, as far as that is known: see lagOf. */
  readonly since: Since;
  /** From 1. */
  readonly attempt: number;
  /** How often the target counted as down because of this job, after it had been found to be up. Default 0. */
  readonly targetFaults?: number;
  /** The file as a scan saw it a moment ago: saves the first attempt a look. Reading checks that it is still so. */
  readonly seen?: PlainEntry;
  /** What a listing said of the object a moment ago; `ask`: it matters, so look at the object first. */
  readonly remote: PlainRemote | 'ask';
  /** The run whose listing said that. */
  readonly listedIn: number;
  /** The object that probably holds this content, under the name that the file had before: see formerName. */
  readonly renamedFrom?: ObjectName;
  /** When the name was first found to have lost its file; milliseconds on the monotonic clock. See ScansDue.isDue. */
  readonly asOfMs?: number;
  /** The object that was in the way of this one, and whose delete was asked for: it is not asked for twice. */
  readonly roomAsked?: ObjectName;
  /** The object was read back and is not what was sent: see decideHealing. Nothing else is done about it. */
  readonly damage?: Damage;
  /** A person has seen that this is to be done, on this evidence: it is done as planned, or not at all. */
  readonly planned?: Planned;
}

export const NO_RUN = 0;

/**
 * A job that waits, once another was added for its object: still the one of its run, but the file as it was seen then is
 * not looked at when it may have changed since. It heals a damaged object only when that is all there is to do.
 */
export function combineJobs({ seen: _, damage, ...waiting }: Job, newer: Job): Job {
  const { remote, listedIn } = newer.remote === 'unknown' ? waiting : newer;
  const run = waiting.run === NO_RUN ? newer.run : waiting.run;
  const asOfMs = waiting.asOfMs ?? newer.asOfMs;
  return {
    ...waiting,
    ...(asOfMs === undefined ? {} : { asOfMs }),
    run,
    ...(newer.seen ? { seen: newer.seen } : {}),
    remote,
    listedIn,
    ...(damage && newer.damage ? { damage: newer.damage } : {}),
  };
}

/** The same job for a later moment: what was seen then is not trusted. */
export function retryOf({ seen: _, ...job }: Job, attempt: number): Job {
  return { ...job, attempt, remote: job.remote === 'unknown' ? 'unknown' : 'ask' };
}

/** The same job for a later moment, when no run waits for it any more. */
export function detachedRetry(job: Job, attempt: number): Job {
  return retryOf({ ...job, run: NO_RUN }, attempt);
}
