import type { Clock } from '../../clock.js';
import type { Backoff } from '../backoff.js';
import type { MirrorSettings } from '../mirror-settings.js';
import type { Job } from './job.js';

/** How often, and with which waits, an object is tried. */
export interface Persistence {
  readonly backoff: Backoff;
  /** Failed attempts after which an object is quarantined. */
  readonly attempts: number;
  /**
   * True in a daemon: quarantined objects are tried again, increasingly seldom. False: a one-shot run tries each object,
   * quarantined or not.
   */
  readonly keepsTrying: boolean;
}

/** What attempts need of the mirror. */
export interface AttemptParts {
  readonly settings: Pick<MirrorSettings, 'container' | 'settleMs' | 'settleLimitMs'>;
  readonly persistence: Persistence;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted: the mirror is stopped. */
  readonly drain: AbortSignal;
}

export interface JobFacts {
  /** Text that differs between versions of the job's file; the version that is there now. */
  versionOf(job: Job): string;
  /** Bytes that the job sends or deletes, as far as they are known; else 0. */
  sizeOf(job: Job): number;
}
