import type { Clock } from '../clock.js';
import { type LeaseDocument, renewed } from './document.js';
import { RENEW_SHARE, TRUST_SHARE } from './judge.js';
import type { LeaseObject, LeaseVersion } from './lease-object.js';

/** A lease that was only seen may be taken over as soon as there is room: it is looked at again after this. Milliseconds. */
const SEEN_MS = 10_000;

const UNKNOWN: LeaseVersion = { etag: undefined, versionId: undefined };

/** One holding, as of the last sign of life that is known to have arrived: when it was sent, by both clocks. */
export interface Held {
  readonly document: LeaseDocument;
  readonly version: LeaseVersion;
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** The container had no room for a sign of life, and the last one was found to be there still. */
  readonly onlySeen?: true;
}

export function withTimes(document: LeaseDocument, clock: Times): Held {
  return { document, version: UNKNOWN, monotonicMs: clock.monotonic(), wallMs: clock.now() };
}

export function signOfLife(document: LeaseDocument, clock: Times): Held {
  return withTimes(renewed(document, clock.now()), clock);
}

/**
 * The monotonic clock stands still while the machine sleeps, and the other one may be set back: a sign of life counts
 * only while both say that it is young. Others wait longer than that, from when they have seen it.
 */
export function isTrusted(
  { monotonicMs, wallMs, onlySeen }: Held,
  periodMs: number,
  clock: Times,
): boolean {
  const trustMs = onlySeen ? Math.min(SEEN_MS, periodMs * RENEW_SHARE) : periodMs * TRUST_SHARE;
  return clock.monotonic() - monotonicMs < trustMs && clock.now() - wallMs < trustMs;
}

/** Times are from before the request. @throws PreconditionFailedError */
export async function write(
  object: LeaseObject,
  next: Held,
  before: LeaseVersion | undefined,
  signal: AbortSignal,
): Promise<Held> {
  return { ...next, version: await object.write(next.document, before, signal) };
}

type Times = Pick<Clock, 'monotonic' | 'now'>;
