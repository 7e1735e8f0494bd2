import type { Clock } from '../clock.js';
import type { Backend } from '../drivers/backend.js';
import type { ObjectInfo } from '../drivers/call.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';
import type { ObjectVersion } from '../sync/proof/prove.js';
import type { ReadBack } from '../sync/proof/read-back.js';
import type { FastReading } from '../sync/proof/read-content.js';
import type { Choice } from './choose-objects.js';
import type { RecordsInOrder } from './compare-listing.js';
import type { VerifyEvent } from './verify-events.js';

/** What a verification works with. It changes nothing. */
export interface VerifyContext {
  readonly backend: Backend;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  /** What was sent, as of a moment before the listing; undefined: nothing is known of that, and nothing counts as missing. */
  readonly index: Pick<ObjectIndex, 'get' | 'entries'> | undefined;
  /**
   * Without an index: records of the index snapshot in the container, in order. What it says is believed of the very version
   * that a record is of; what is not there any more may have been deleted since.
   */
  readonly snapshotRecords?: RecordsInOrder;
  /** The same as of now, for what does not agree: a daemon may be at work. */
  readonly freshIndex: () => Promise<Pick<ObjectIndex, 'get'>>;
  /**
   * What the index snapshot in the container says of an object; undefined where there is none, or it says nothing. It is asked
   * about objects that nothing else proves, and downloaded for the first of them.
   */
  readonly recordInSnapshot: (name: ObjectName) => Promise<ObjectRecord | undefined>;
  /** Whether objects that the index does not know are wrong, and so are looked at twice. */
  readonly extraneousIsWrong: boolean;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  readonly fast: FastReading;
  /** Called with bytes that were read back. */
  readonly onBytes: (bytes: number) => void;
}

export interface VerifyOptions {
  readonly chosen: Choice;
  /** Objects under way at once. */
  readonly lanes: number;
  readonly report: (event: VerifyEvent) => void;
  /** Called with what the reading of an object has shown; `version`: that of its record, undefined where there is none. */
  readonly onProof: (
    name: ObjectName,
    version: ObjectVersion | undefined,
    verdict: EvidentVerdict,
  ) => void;
  readonly signal: AbortSignal;
}

/** Whether a verdict may be over by now, when a daemon is at work. */
export function isDoubt(verdict: VerifyEvent['verdict']): boolean {
  return (
    verdict === 'missing' ||
    verdict === 'changed' ||
    verdict === 'wrong-size' ||
    verdict === 'damaged'
  );
}

/** The same of a reading: a daemon may have replaced the object each time. */
export function isDoubtfulRead(read: ReadBack): boolean {
  return isDoubt(read.verdict) || (read.verdict === 'unreadable' && read.isReplaced === true);
}

/** What says what the bytes of an object are, or that it is not there. */
export type EvidentVerdict = Extract<
  VerifyEvent['verdict'],
  'proven' | 'missing' | 'changed' | 'wrong-size' | 'damaged' | 'gone'
>;

export function isEvidence(verdict: VerifyEvent['verdict']): verdict is EvidentVerdict {
  return verdict === 'proven' || verdict === 'gone' || isDoubt(verdict);
}

export function eventOfRead(
  ctx: VerifyContext,
  name: ObjectName,
  record: ObjectRecord | undefined,
  read: ReadBack,
): VerifyEvent {
  return eventOf(ctx, name, record, 'info' in read ? read.info : undefined, {
    verdict: read.verdict,
    ...(read.verdict === 'proven' && { proof: read.by }),
    ...('detail' in read && { detail: read.detail }),
  });
}

export function eventOf(
  { clock }: VerifyContext,
  name: ObjectName,
  record: ObjectRecord | undefined,
  info: ObjectInfo | undefined,
  found: Pick<VerifyEvent, 'verdict'> & Partial<Pick<VerifyEvent, 'proof' | 'detail'>>,
): VerifyEvent {
  const sent = record?.size ?? 0;
  const detail =
    found.detail ??
    (found.verdict === 'wrong-size' ? `it has ${info?.size} bytes, and ${sent} were sent` : '');
  return { name, size: info?.size ?? sent, ...found, detail, atMs: clock.now() };
}
