import type { Clock } from '../../clock.js';
import { TOLERATED_SKEW_MS, warnOfSkew } from '../http/clock-skew.js';
import type { Notice } from '../notice.js';
import type { Failure } from './failure.js';

/** The provider's clock, by which requests are signed. */
export interface ProviderTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Corrects the time by a refusal that is about it. False when it is not, or when the time is right already. */
  learn(failure: Failure): boolean;
}

export function createProviderTime(clock: Clock, notice: Notice): ProviderTime {
  /** The provider's time minus ours. */
  let skewMs = 0;
  return {
    now: () => clock.now() + skewMs,
    learn({ code, status, dateMs }) {
      // The answer to a HEAD has no body that could say RequestTimeTooSkewed, so its Date header alone must do.
      if (dateMs === undefined || (code !== 'RequestTimeTooSkewed' && status !== 403)) return false;
      const skew = dateMs - clock.now();
      if (Math.abs(skew - skewMs) < TOLERATED_SKEW_MS) return false;
      skewMs = skew;
      warnOfSkew(notice, skew);
      return true;
    },
  };
}
