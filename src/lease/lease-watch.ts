import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { NEVER_ABORTED, orAborted } from '../signal.js';
import { readClocks } from './clock-reading.js';
import type { LeaseObject } from './lease-object.js';
import { type SeenLease, seenLease } from './seen-lease.js';
import { withDeadline } from './with-deadline.js';

/** Reads the lease of a mirror again and again, for a process that never holds it: a worker. */
export interface LeaseWatch {
  /** The last answer; undefined before the first. It stays when later reads fail, and grows old. */
  readonly seen: SeenLease | undefined;
  /** Why the last read failed; undefined after one that was answered. */
  readonly error: unknown;
  /** Reads now; concurrent callers share one read. Rejects with the driver's errors, or with the reason of `signal`. */
  look(signal: AbortSignal): Promise<SeenLease>;
  /** Reads regularly until `signal` is aborted. Resolves then; trouble is logged and read through. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LeaseWatchOptions {
  readonly object: Pick<LeaseObject, 'read'>;
  readonly mirror: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between reads, from one that is sent to the next. Twice in the time for which a worker trusts one. */
const EVERY_MS = 10_000;
/** Longest wait for an answer; then it is read again. */
const CALL_MS = 8_000;
/** After a read that failed at once. */
const AGAIN_MS = 2_000;

export function createLeaseWatch({ object, mirror, clock, log }: LeaseWatchOptions): LeaseWatch {
  let seen: SeenLease | undefined;
  let error: unknown;
  let reading: Promise<SeenLease> | undefined;

  async function read(): Promise<SeenLease> {
    const sent = readClocks(clock);
    try {
      const found = await withDeadline(clock, CALL_MS, NEVER_ABORTED, (signal) =>
        object.read(signal),
      );
      seen = seenLease(found, sent, seen);
      error = undefined;
      return seen;
    } catch (reason) {
      if (error === undefined) log.warn('lease cannot be read', { mirror, error: reason });
      error = reason;
      throw reason;
    } finally {
      reading = undefined;
    }
  }

  function look(signal: AbortSignal): Promise<SeenLease> {
    reading ??= read();
    return orAborted(reading, signal);
  }

  return {
    get seen() {
      return seen;
    },
    get error() {
      return error;
    },
    look,
    async run(signal) {
      while (!signal.aborted) {
        const sentMs = clock.monotonic();
        const failed = await look(signal).then(
          () => false,
          () => true,
        );
        const waitMs = failed ? AGAIN_MS : EVERY_MS - (clock.monotonic() - sentMs);
        await clock.sleep(Math.max(waitMs, 0), signal).catch(() => {});
      }
    },
  };
}
