import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { Holder } from './document.js';
import type { LeaseObject } from './lease-object.js';

export interface LeaseOptions {
  readonly object: LeaseObject;
  /** Where it lies, for messages: `offsite:photos/laptop/`. */
  readonly place: string;
  readonly mirror: string;
  readonly self: Holder;
  readonly periodMs: number;
  /** True: the first `acquire` takes the place from whoever has it. */
  readonly takeOver: boolean;
  /** What somebody can do who needs the place now and knows that the other one is gone. */
  readonly howToTakeOver: string;
  /**
   * Whether only processes of this running system can reach the place, asked at each `acquire`. Others there can look up
   * whether this process runs, so it gives signs of life only while something is written. Default: no.
   */
  readonly reachedOnlyHere?: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}
