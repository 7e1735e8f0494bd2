import type { Clock } from '../../clock.js';
import type { Notice } from '../notice.js';
import { TOLERATED_SKEW_MS, warnOfSkew } from './clock-skew.js';

/** The provider's clock, by which requests are signed. */
export interface ProviderTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Corrects the time by the one in a refusal that may be about it; milliseconds since the epoch. False when the time is right
   * already, or the refusal does not say it.
   */
  learn(theirMs: number | undefined): boolean;
}

export function createProviderTime(clock: Clock, notice: Notice): ProviderTime {
  /** The provider's time minus ours. */
  let skewMs = 0;
  return {
    now: () => clock.now() + skewMs,
    learn(theirMs) {
      if (theirMs === undefined) return false;
      const skew = theirMs - clock.now();
      if (Math.abs(skew - skewMs) < TOLERATED_SKEW_MS) return false;
      skewMs = skew;
      warnOfSkew(notice, skew);
      return true;
    },
  };
}
