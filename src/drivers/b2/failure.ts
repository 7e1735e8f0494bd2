import { parseTime } from '../../clock.js';
import type { AnswerHead, ProviderFailure } from '../http/provider-client.js';
import { withoutStop } from '../http/refusal.js';
import { retryAfterMs } from '../http/retry-after.js';

/** A refusal: `{"status": 401, "code": "expired_auth_token", "message": "..."}`. */
export interface Failure extends ProviderFailure {
  /** Empty when the answer had none, as that to a HEAD, or of a server in front of B2. */
  readonly code: string;
  /** B2's own words; empty when it had none. */
  readonly message: string;
  /** Undefined: it did not say. */
  readonly retryAfterMs: number | undefined;
}

const LONGEST_MESSAGE = 300;

export function readFailure({ status, headers }: AnswerHead, body: string, nowMs: number): Failure {
  const document = errorIn(body);
  const date = headers['date'] === undefined ? undefined : parseTime(headers['date']);
  return {
    status,
    code: document?.code ?? '',
    message: withoutStop((document?.message ?? '').slice(0, LONGEST_MESSAGE)),
    // B2 gives no id of a request.
    requestId: undefined,
    retryAfterMs: retryAfterMs(headers['retry-after'], date ?? nowMs),
  };
}

/** Undefined: the body is not an error document of B2's. */
export function errorIn(
  body: string,
): { readonly code: string; readonly message: string } | undefined {
  if (!body.trimStart().startsWith('{')) return undefined;
  try {
    const { status, code, message = '' } = JSON.parse(body) as Record<string, unknown>;
    return typeof status === 'number' && typeof code === 'string' && typeof message === 'string'
      ? { code, message }
      : undefined;
  } catch {
    return undefined;
  }
}
