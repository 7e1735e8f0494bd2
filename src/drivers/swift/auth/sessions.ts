import type { Clock } from '../../../clock.js';
import type { Call } from '../../call.js';
import { NEVER_ABORTED, orAborted } from '../../signal.js';
import type { Authenticate, Grant } from './session.js';

/** Tokens are replaced this long before they end, so that a long request still finishes with the one it has. */
const RENEW_BEFORE_MS = 5 * 60_000;

export interface Sessions {
  /** A grant that is good now, got anew shortly before it ends. */
  get(call: Call): Promise<Grant>;
  /** To be told that the provider refused this one: the next `get` asks for another, once for all who wait. */
  refused(grant: Grant): void;
}

export function createSessions(authenticate: Authenticate, clock: Clock): Sessions {
  let current: { readonly grant: Grant; readonly renewAt: number; readonly endsAt: number } | undefined;
  let underWay: Promise<Grant> | undefined;

  async function renew(): Promise<Grant> {
    const startedAt = clock.monotonic();
    // One request serves all who wait, so no single one of them can call it off.
    const grant = await authenticate({ signal: NEVER_ABORTED });
    const { validForMs = Number.POSITIVE_INFINITY } = grant;
    const endsAt = startedAt + validForMs;
    current = { grant, endsAt, renewAt: endsAt - Math.min(RENEW_BEFORE_MS, validForMs / 2) };
    return grant;
  }

  function renewOnce({ signal }: Call): Promise<Grant> {
    underWay ??= renew().finally(() => {
      underWay = undefined;
    });
    return orAborted(underWay, signal);
  }

  return {
    async get(call) {
      const held = current;
      if (held !== undefined && clock.monotonic() < held.renewAt) return held.grant;
      try {
        return await renewOnce(call);
      } catch (error) {
        // Better the last minutes of the old one than none, while the identity service has a moment of weakness.
        if (held !== undefined && held === current && clock.monotonic() < held.endsAt && !call.signal.aborted) return held.grant;
        throw error;
      }
    },
    refused(grant) {
      if (current?.grant === grant) current = undefined;
    },
  };
}
