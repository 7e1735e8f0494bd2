import type { Clock } from '../clock.js';
import type { Layer } from '../drivers/layers/layer.js';
import { type ClockReading, readClocks } from '../lease/clock-reading.js';
import type { Epoch } from '../lease/document.js';
import { JobFencedError } from '../lease/errors.js';
import { fence } from '../lease/fence.js';
import type { LeaseWatch } from '../lease/lease-watch.js';
import { type FenceReason, mayBegin, whyFenced } from './permit.js';

/** The right of a worker to write for one job. */
export interface JobPermit {
  /** The lock of the job was extended by a request that was sent at `sent`, and answered. */
  extended(sent: ClockReading): void;
  /** Whether the job can be begun. False: extend the lock and read the lease first. */
  mayBegin(): boolean;
  /** Why no write may go out now; undefined: it may. */
  reason(): FenceReason | undefined;
  /** Call it right before each write. @throws JobFencedError */
  check(): void;
}

export interface JobPermitOptions {
  readonly epoch: Epoch;
  /** Before the request was sent that brought the job and its lock. */
  readonly extended: ClockReading;
  readonly lease: Pick<LeaseWatch, 'seen'>;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
}

export function createJobPermit({ epoch, extended, lease, clock }: JobPermitOptions): JobPermit {
  let trust = { epoch, extended };
  const reason = () => whyFenced(trust, lease.seen, readClocks(clock));
  return {
    extended(sent) {
      // Answers may come in another order than their requests were sent.
      if (sent.monotonicMs >= trust.extended.monotonicMs) trust = { epoch, extended: sent };
    },
    mayBegin: () => mayBegin(trust, lease.seen, readClocks(clock)),
    reason,
    check() {
      const why = reason();
      if (why !== undefined) throw new JobFencedError(SAID[why]);
    },
  };
}

/**
 * The innermost layer around the backend of one job: changes nothing without its permit, which it asks before each request and
 * before each piece of a body that is sent in pieces.
 */
export function permitLayer(permit: Pick<JobPermit, 'check'>): Layer {
  return fence({
    hold() {
      permit.check();
      return undefined;
    },
  });
}

const SAID: Readonly<Record<FenceReason, string>> = {
  lock: 'its lock was not extended in time, so another worker may have it',
  'not read': "the mirror's lease was not read in time",
  'other session': 'the lease in the container is of another session of the daemon',
  outrun: 'another process has taken the lease over',
  silent: 'the daemon has not renewed its lease',
  unreadable: 'the lease in the container cannot be read',
  'not there': 'there is no lease in the container',
  released: 'the daemon has released its lease',
  'without workers': 'the lease in the container allows no workers',
};
