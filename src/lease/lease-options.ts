import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { Holder, LeasedUpload } from './document.js';
import type { LeaseObject } from './lease-object.js';

export interface LeaseOptions {
  readonly object: LeaseObject;
  /** Target, container and prefix, for messages: `offsite:photos/laptop/`. */
  readonly place: string;
  readonly mirror: string;
  readonly self: Holder;
  readonly periodMs: number;
  /** True: the first `acquire` takes the lease from any holder. */
  readonly takeOver: boolean;
  /** What an operator can do who needs the lease now and knows that its holder is gone. */
  readonly howToTakeOver: string;
  /**
   * Whether only processes of this running system can reach the container; called at each `acquire`. They can look up
   * whether this process runs, so it renews the lease only while it writes. Default: no.
   */
  readonly reachedOnlyHere?: () => boolean;
  /** What each renewal says of uploads that were begun: see LeaseDocument. Default: none. */
  readonly uploads?: () => readonly LeasedUpload[];
  /**
   * For how long workers may write after the lease is gone: WORKERS_TRUST_MS, or 0 once none has a job any more; called for each
   * document that is written. Undefined: the mirror has no workers.
   */
  readonly workersTrustMs?: (() => number) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}
