import type { Clock } from '../clock.js';
import { type ClockReading, readClocks } from './clock-reading.js';
import { type LeaseDocument, renewed } from './document.js';
import { RENEW_SHARE, TRUST_SHARE } from './judge.js';
import type { LeaseObject, LeaseVersion } from './lease-object.js';

/** Trust in a lease that was read but not renewed, since the target is full: it can be taken over when there is space. Milliseconds. */
const SEEN_MS = 10_000;

const UNKNOWN: LeaseVersion = { etag: undefined, versionId: undefined };

/** The last renewal that is known to have arrived, with the time before it was sent, by both clocks. */
export interface Held extends ClockReading {
  readonly document: LeaseDocument;
  readonly version: LeaseVersion;
  /** The container had no space for a renewal, and the previous one was still there. */
  readonly onlySeen?: true;
}

export function withTimes(document: LeaseDocument, clock: Times): Held {
  return { document, version: UNKNOWN, ...readClocks(clock) };
}

/** `stated`: what the document says besides, as of now. */
export function nextRenewal(document: LeaseDocument, stated: Stated, clock: Times): Held {
  return withTimes(stated(renewed(document, clock.now())), clock);
}

/** Puts into a document what it says of the holder's uploads and workers at this moment. */
export type Stated = (document: LeaseDocument) => LeaseDocument;

/**
 * The monotonic clock stops while the machine sleeps, and the wall clock may be set back: a renewal counts only while
 * both clocks say that it is recent. Other processes wait longer than that, from the moment at which they read it.
 */
export function isTrusted(
  { monotonicMs, wallMs, onlySeen }: Held,
  periodMs: number,
  clock: Times,
): boolean {
  const trustMs = onlySeen ? Math.min(SEEN_MS, periodMs * RENEW_SHARE) : periodMs * TRUST_SHARE;
  return clock.monotonic() - monotonicMs < trustMs && clock.now() - wallMs < trustMs;
}

/** Writes `next`, and returns it with its version; its times are from before the request. @throws PreconditionFailedError */
export async function write(
  object: LeaseObject,
  next: Held,
  before: LeaseVersion | undefined,
  signal: AbortSignal,
): Promise<Held> {
  return { ...next, version: await object.write(next.document, before, signal) };
}

type Times = Pick<Clock, 'monotonic' | 'now'>;
