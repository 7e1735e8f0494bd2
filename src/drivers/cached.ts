import { NEVER_ABORTED, orAborted } from '../signal.js';
import type { Call } from './call.js';

/** Something that a service gives for a time: credentials, a token. */
export interface KeptFresh<T> {
  /** What is good now, got anew shortly before it ends. Rejects as `obtain` does, or with the reason of the call's signal. */
  get(call: Call): Promise<T>;
  /** To be told that the provider refused this one: the next `get` asks for another, once for all who wait. */
  refused(value: T): void;
}

export interface Obtained<T> {
  readonly value: T;
  /** Milliseconds from now until it ends; Infinity when it does not. */
  leftMs(): number;
}

/** It is replaced this long before it ends, so that a long request still finishes with the one it has. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** `obtain` is asked once for all who wait, so no single one of them can call it off. */
export function cached<T>(obtain: (call: Call) => Promise<Obtained<T>>): KeptFresh<T> {
  let current: (Obtained<T> & { readonly renewBeforeMs: number }) | undefined;
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
        // Better the last minutes of the old one than none, while the service that gives it has a moment of weakness.
        if (held !== undefined && held === current && held.leftMs() > 0 && !call.signal.aborted)
          return held.value;
        throw error;
      }
    },
    refused(value) {
      if (current?.value === value) current = undefined;
    },
  };
}
