import { type ClockReading, isWithin } from '../lease/clock-reading.js';
import type { Epoch } from '../lease/document.js';
import { type LeaseStanding, type SeenLease, standingOf } from '../lease/seen-lease.js';

/**
 * For how long a worker trusts that a job is still its own, from before it sent the request that extended the lock: less than
 * the lock lasts (30 s), after which another worker can get the job.
 */
export const LOCK_TRUST_MS = 18_000;
/** For how long it trusts a read of the lease, likewise: less than the next holder waits before it writes (45 s). */
export const LEASE_TRUST_MS = 20_000;
/** A job is begun only with half of that left, so that none is begun to be fenced. */
const BEGIN_SHARE = 0.5;

/** What a worker knows of its right to one job. */
export interface JobTrust {
  /** Under which the job was given out. */
  readonly epoch: Epoch;
  /** Before the last request was sent that extended the job's lock, and was answered. */
  readonly extended: ClockReading;
}

/** Why a job must not write: its lock was not extended, its lease was not read, or what the lease says. */
export type FenceReason = 'lock' | 'not read' | Exclude<LeaseStanding, 'same'>;

/**
 * Undefined: a write may go out now. A process that was frozen, whose machine slept, or that waits for answers finds out by its
 * own two clocks that it may have been replaced; nothing has to reach it.
 */
export function whyFenced(
  { epoch, extended }: JobTrust,
  lease: SeenLease | undefined,
  now: ClockReading,
): FenceReason | undefined {
  return fencedWithin(1, epoch, extended, lease, now);
}

/** Whether the job can be begun: a write may go out now, and at least half of the trust is left. */
export function mayBegin(
  { epoch, extended }: JobTrust,
  lease: SeenLease | undefined,
  now: ClockReading,
): boolean {
  return fencedWithin(BEGIN_SHARE, epoch, extended, lease, now) === undefined;
}

function fencedWithin(
  share: number,
  epoch: Epoch,
  extended: ClockReading,
  lease: SeenLease | undefined,
  now: ClockReading,
): FenceReason | undefined {
  if (!isWithin(extended, LOCK_TRUST_MS * share, now)) return 'lock';
  if (lease === undefined || !isWithin(lease.seen, LEASE_TRUST_MS * share, now)) return 'not read';
  const standing = standingOf(lease, epoch, now);
  return standing === 'same' ? undefined : standing;
}
