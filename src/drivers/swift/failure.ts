import { parseTime } from '../../clock.js';
import type { HttpHeaders } from '../http/exchange.js';
import { withoutStop } from '../http/refusal.js';
import { retryAfterMs } from '../http/retry-after.js';

/** What the provider answered instead of doing what it was asked. */
export interface Failure {
  readonly status: number;
  /** Its own words, on one line; empty when it had none. */
  readonly message: string;
  readonly requestId: string | undefined;
  /** Undefined: it did not say. */
  readonly retryAfterMs: number | undefined;
}

const LONGEST_MESSAGE = 300;

export function readFailure(status: number, headers: HttpHeaders, body: string, nowMs: number): Failure {
  const date = headers['date'] === undefined ? undefined : parseTime(headers['date']);
  return {
    status,
    message: withoutStop(oneLine(body)),
    requestId: headers['x-trans-id'] ?? headers['x-openstack-request-id'],
    retryAfterMs: retryAfterMs(headers['retry-after'], date ?? nowMs),
  };
}

/** Swift answers in HTML, in plain text or in JSON. */
function oneLine(body: string): string {
  const text = body
    .slice(0, 10 * LONGEST_MESSAGE)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\x00-\x1f\x7f]+/g, ' ')
    .trim();
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}
