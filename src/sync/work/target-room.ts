import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import { type Backoff, backoffMs } from '../backoff.js';

/**
 * Whether the target has room for what this mirror sends. While it has none, smaller objects than those that were refused are
 * still tried, one of the others now and then, and deletes always: they free space. An object that waits for room has not failed.
 */
export interface TargetRoom {
  /** Why objects wait; undefined: none does. */
  readonly trouble: Error | undefined;
  /** Milliseconds after which an object of this size is to be tried; 0 is now. */
  waitFor(name: ObjectName, bytes: number): number;
  /**
   * The target had no room for it. Returns the milliseconds until its next try; undefined: nothing has helped for so long that
   * trying is of no use.
   */
  refused(name: ObjectName, bytes: number, error: Error): number | undefined;
  /** The work on this object is over. */
  over(name: ObjectName): void;
  /** An object of this size was stored. */
  fitted(bytes: number): void;
  /** An object was deleted. */
  freed(): void;
}

/** See Persistence. */
export interface RoomPersistence {
  readonly backoff: Backoff;
  readonly keepsTrying: boolean;
}

export interface TargetRoomOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: () => number;
  readonly backoff: Backoff;
  /** Milliseconds without anything stored or deleted after which objects that wait are not tried any more. */
  readonly patienceMs: number;
  /** Whether deletes are still to be found, which would make room. */
  readonly mayFindDeletes: () => boolean;
  /** Nothing is done for this mirror any more: no object waits. */
  readonly isStopped: () => boolean;
}

export function createTargetRoom({
  clock,
  random,
  backoff,
  patienceMs,
  mayFindDeletes,
  isStopped,
}: TargetRoomOptions): TargetRoom {
  const waiting = new Set<ObjectName>();
  let error: Error | undefined;
  /** Objects of this size and more were refused. Bytes. */
  let smallest = Number.POSITIVE_INFINITY;
  let tries = 0;
  let nextTryMs = 0;
  let movedAtMs = 0;

  function postpone(): void {
    tries += 1;
    nextTryMs = clock.monotonic() + backoffMs(tries, backoff, random());
  }

  function remaining(): number {
    return Math.max(1, nextTryMs - clock.monotonic());
  }

  function forget(): void {
    error = undefined;
    smallest = Number.POSITIVE_INFINITY;
    tries = 0;
  }

  return {
    get trouble() {
      return waiting.size > 0 ? error : undefined;
    },
    waitFor(name, bytes) {
      if (error === undefined || bytes < smallest || isStopped()) return 0;
      if (clock.monotonic() >= nextTryMs) {
        postpone(); // this one finds out for all
        return 0;
      }
      waiting.add(name);
      return remaining();
    },
    refused(name, bytes, refusal) {
      if (error === undefined || mayFindDeletes()) movedAtMs = clock.monotonic();
      error = refusal;
      smallest = Math.min(smallest, bytes);
      waiting.add(name);
      if (clock.monotonic() - movedAtMs >= patienceMs) return undefined;
      if (clock.monotonic() >= nextTryMs) postpone();
      return remaining();
    },
    over(name) {
      if (error === undefined) return; // none waits
      waiting.delete(name);
      if (waiting.size === 0) forget();
    },
    fitted(bytes) {
      movedAtMs = clock.monotonic();
      // All are tried again, and `trouble` stays until none waits: there may be room for some only.
      if (bytes >= smallest) smallest = Number.POSITIVE_INFINITY;
    },
    freed() {
      movedAtMs = clock.monotonic();
      tries = 0;
      nextTryMs = movedAtMs;
    },
  };
}

/** Longest wait of an object for room on its target. Milliseconds. */
const LONGEST_WAIT_MS = 30_000;

/** Deletes that were just found need a moment to be made. */
const SHORTEST_PATIENCE_MS = 2_500;

/** A one-shot run does not wait for what others may delete. */
export function roomPatience({
  backoff: { firstMs, limitMs },
  keepsTrying,
}: RoomPersistence): Pick<TargetRoomOptions, 'backoff' | 'patienceMs'> {
  const backoff = { firstMs, limitMs: Math.min(limitMs, LONGEST_WAIT_MS) };
  return {
    backoff,
    patienceMs: keepsTrying
      ? Number.POSITIVE_INFINITY
      : 2 * Math.max(backoff.limitMs, SHORTEST_PATIENCE_MS),
  };
}
