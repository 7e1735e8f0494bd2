import type { Clock } from '../../../clock.js';
import { type Cached, cached } from '../../cached.js';
import type { Authenticate, Grant } from './session.js';

/** Grants that are good now. */
export type Sessions = Cached<Grant>;

export function createSessions(authenticate: Authenticate, clock: Clock): Sessions {
  return cached(async (call) => {
    const startedAt = clock.monotonic();
    const grant = await authenticate(call);
    const endsAt = startedAt + (grant.validForMs ?? Number.POSITIVE_INFINITY);
    return { value: grant, leftMs: () => endsAt - clock.monotonic() };
  });
}
