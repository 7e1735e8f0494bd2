import type { Clock } from '../../../clock.js';
import { type Cached, cached } from '../../cached.js';
import { type Credentials, STORAGE_SCOPE } from './credentials.js';

/** Access tokens that are good now; undefined: requests go without one. */
export type Tokens = Cached<{ readonly token: string | undefined }>;

/** Obtained once for all callers, and again some minutes before they end. */
export function createTokens(credentials: Credentials, clock: Clock): Tokens {
  return cached(async (call) => {
    const startedAt = clock.monotonic();
    const { token, validForMs } = await credentials.grant(STORAGE_SCOPE, call);
    return { value: { token }, leftMs: () => startedAt + validForMs - clock.monotonic() };
  });
}

/** For emulators and public buckets. */
export function withoutTokens(): Tokens {
  const value = { token: undefined };
  return { get: async () => value, refused: () => undefined };
}
