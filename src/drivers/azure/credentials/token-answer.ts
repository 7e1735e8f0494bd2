import {
  InvalidCredentialsError,
  type StorageError,
  TargetUnavailableError,
} from '../../errors.js';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../http/exchange.js';
import { fromTransport } from '../../http/refusal.js';
import { DRIVER, type GrantedToken } from './access.js';

/** The resource that tokens are for, in every cloud. */
export const STORAGE_RESOURCE = 'https://storage.azure.com/';

export function asked(http: HttpClient, request: HttpRequest): Promise<HttpAnswer> {
  return http.request(request).catch((error: unknown) => {
    throw fromTransport(error, DRIVER);
  });
}

/** Not reached, or not for the moment: the same request has a chance later. */
const PASSING = new Set([404, 408, 410, 429]);

/**
 * The token in an answer of Entra ID or of a managed identity, which say how long it is valid in `expires_in` (seconds) or until
 * when in `expires_on` (seconds since the epoch). `from`: for people.
 */
export function tokenIn({ status, body }: HttpAnswer, from: string, nowMs: number): GrantedToken {
  const answer = jsonIn(body);
  if (status !== 200) throw refusal(status, answer, from);
  const { access_token: token, expires_in: seconds, expires_on: until } = answer;
  const validForMs = seconds === undefined ? Number(until) * 1000 - nowMs : Number(seconds) * 1000;
  if (typeof token !== 'string' || token === '' || !Number.isFinite(validForMs))
    throw unusable(from, 'answered without a token');
  return { token, validForMs };
}

function refusal(
  status: number,
  { error, error_description: description }: Readonly<Record<string, unknown>>,
  from: string,
): StorageError {
  if (PASSING.has(status) || status >= 500) return unusable(from, `answered ${status}`);
  const text = typeof description === 'string' ? description : String(error ?? '');
  const reason = text.split(/\r?\n/, 1)[0]?.slice(0, 300);
  return new InvalidCredentialsError(`${from} gave no token: ${status} ${reason}`.trimEnd(), {
    driver: DRIVER,
    status,
  });
}

function jsonIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

export function unusable(from: string, problem: string): TargetUnavailableError {
  return new TargetUnavailableError(`${from} ${problem}`, { driver: DRIVER, retry: 'backoff' });
}
