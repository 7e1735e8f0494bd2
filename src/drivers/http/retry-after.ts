import { parseTime } from '../../clock.js';

const LONGEST_MS = 3_600_000;

/**
 * A Retry-After header in milliseconds: seconds or an HTTP date (RFC 9110, section 10.2.3). Undefined when it says
 * neither. Not more than an hour: a typing error must not stop a mirror.
 */
export function retryAfterMs(value: string | undefined, serverNowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(value)
    ? Number(value) * 1000
    : (parseTime(value) ?? Number.NaN) - serverNowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}
