import { NEVER_ABORTED, orAborted } from '../signal.js';
import type { Call } from './call.js';

/** A value that a service grants for a limited time: credentials, a token. */
export interface Cached<T> {
  /** A valid value, replaced shortly before it ends. Rejects as `obtain` does, or with the reason of the call's signal. */
  get(call: Call): Promise<T>;
  /** Drops a value that the provider refused: the next `get` obtains another, once for all callers. */
  refused(value: T): void;
}

export interface Obtained<T> {
  readonly value: T;
  /** Milliseconds from now until it ends; Infinity when it does not. */
  leftMs(): number;
}

/** A value is replaced this long before it ends, so that a long request still finishes with it. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A renewal that failed is tried again after this long, while the value is valid: a service that hangs must not delay each request. */
const RETRY_AFTER_MS = 30_000;

/** Calls `obtain` once for all callers, so the signal of no single caller aborts it. */
export function cached<T>(obtain: (call: Call) => Promise<Obtained<T>>): Cached<T> {
  let current: (Obtained<T> & { renewBeforeMs: number }) | undefined;
  let underWay: Promise<T> | undefined;

  async function renew(): Promise<T> {
    const obtained = await obtain({ signal: NEVER_ABORTED });
    current = { ...obtained, renewBeforeMs: Math.min(RENEW_BEFORE_MS, obtained.leftMs() / 2) };
    return obtained.value;
  }

  function renewOnce({ signal }: Call): Promise<T> {
    underWay ??= renew().finally(() => {
      underWay = undefined;
    });
    return orAborted(underWay, signal);
  }

  return {
    async get(call) {
      const held = current;
      if (held !== undefined && held.leftMs() > held.renewBeforeMs) return held.value;
      try {
        return await renewOnce(call);
      } catch (error) {
        // The service may fail for a moment: the old value is still valid for some minutes.
        const leftMs = held?.leftMs() ?? 0;
        if (held === undefined || held !== current || leftMs <= 0 || call.signal.aborted)
          throw error;
        held.renewBeforeMs = leftMs - Math.min(RETRY_AFTER_MS, leftMs / 2);
        return held.value;
      }
    },
    refused(value) {
      if (current?.value === value) current = undefined;
    },
  };
}
