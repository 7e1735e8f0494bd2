import { parseTime } from '../../clock.js';
import type { HttpHeaders } from './exchange.js';
import type { ProviderFailure } from './provider-client.js';
import { withoutStop } from './refusal.js';
import { retryAfterMs } from './retry-after.js';

/** What a service that answers in HTML, plain text or JSON answered instead of what it was asked to do. */
export interface Failure extends ProviderFailure {
  /** Its own words, on one line; empty when it had none. */
  readonly message: string;
  /** Undefined: it did not say. */
  readonly retryAfterMs: number | undefined;
}

const LONGEST_MESSAGE = 300;

export function readFailure(
  status: number,
  headers: HttpHeaders,
  body: string,
  nowMs: number,
): Failure {
  const date = headers['date'] === undefined ? undefined : parseTime(headers['date']);
  return {
    status,
    message: withoutStop(oneLine(body)),
    requestId: headers['x-trans-id'] ?? headers['x-openstack-request-id'],
    retryAfterMs: retryAfterMs(headers['retry-after'], date ?? nowMs),
  };
}

function oneLine(body: string): string {
  const text = body
    .slice(0, 10 * LONGEST_MESSAGE)
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\x00-\x1f\x7f]+/g, ' ')
    .trim();
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}
