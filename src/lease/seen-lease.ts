import { type ClockReading, isWithin } from './clock-reading.js';
import { type Epoch, type LeaseDocument, WORKERS_TRUST_MS } from './document.js';
import { TRUST_SHARE } from './judge.js';
import type { FoundLease } from './lease-object.js';

/** What a process that does not hold the lease has read of it. */
export type SeenLease = {
  /** Before the read was sent. */
  readonly seen: ClockReading;
} & (
  | { readonly content: 'not there' | 'unreadable' }
  | {
      readonly content: 'lease';
      readonly document: LeaseDocument;
      /** The earliest moment at which the holder can have written this renewal, as far as reads of this process show. */
      readonly since: ClockReading;
    }
);

/** What a lease that was seen means for a job of an epoch. Under all but `same` its worker writes nothing. */
export type LeaseStanding =
  | 'same'
  /** The job is of another place or time, or forged. */
  | 'other session'
  /** Another process took the lease after the job was given out. */
  | 'outrun'
  /** It was not renewed for as long as its holder trusts it. */
  | 'silent'
  /** The object is no lease, or one of a later version of longshore. */
  | 'unreadable'
  | 'not there'
  | 'released'
  /** The next holder would not wait for workers. */
  | 'without workers';

/** What was seen by a read that was sent at `seen`, after `before` was seen. */
export function seenLease(
  found: FoundLease | undefined,
  seen: ClockReading,
  before: SeenLease | undefined,
): SeenLease {
  if (found === undefined) return { content: 'not there', seen };
  const { document } = found;
  if (document === undefined || !Number.isSafeInteger(document.renewal))
    return { content: 'unreadable', seen };
  if (before?.content !== 'lease' || before.document.session !== document.session)
    return { content: 'lease', document, seen, since: seen };
  // An older renewal in the same session is an old answer, and no renewal.
  const renewed = document.renewal > before.document.renewal;
  return { content: 'lease', document, seen, since: renewed ? before.seen : before.since };
}

/** Whether `lease` is the one under which a job of `epoch` was given out, and its holder can still be trusted. */
export function standingOf(lease: SeenLease, epoch: Epoch, now: ClockReading): LeaseStanding {
  if (lease.content !== 'lease') return lease.content;
  const { session, fence, released, workersTrustMs, periodMs } = lease.document;
  if (session !== epoch.session) return fence > epoch.fence ? 'outrun' : 'other session';
  if (fence !== epoch.fence) return 'other session';
  if (released) return 'released';
  if (workersTrustMs === undefined || workersTrustMs < WORKERS_TRUST_MS) return 'without workers';
  return isWithin(lease.since, periodMs * TRUST_SHARE, now) ? 'same' : 'silent';
}
