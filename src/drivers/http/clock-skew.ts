import type { Notice } from '../notice.js';

/** S3 refuses a signature that is older, or younger, than this. A smaller difference matters to no provider. */
export const TOLERATED_SKEW_MS = 15 * 60_000;

/** `skewMs`: the provider's time minus ours. */
export function warnOfSkew(notice: Notice, skewMs: number): void {
  notice('the clock of this machine differs from the provider', {
    seconds: Math.round(skewMs / 1000),
    advice: 'set it by NTP',
  });
}
