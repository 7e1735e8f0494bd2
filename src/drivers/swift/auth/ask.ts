import type { Clock } from '../../../clock.js';
import type { Call } from '../../call.js';
import {
  InvalidCredentialsError,
  type StorageError,
  TargetUnavailableError,
  ThrottledError,
  UnprovenAnswerError,
} from '../../errors.js';
import type { HttpAnswer, HttpClient } from '../../http/exchange.js';
import { fromTransport } from '../../http/refusal.js';
import { type Failure, readFailure } from '../../http/text-failure.js';
import { addressOf } from './session.js';

export interface Asking {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** One request to an identity service. What it was sent is in no error: it holds the secret. */
export async function ask(
  { http, clock }: Asking,
  url: string,
  headers: Readonly<Record<string, string>>,
  document: unknown,
  { signal }: Call,
): Promise<HttpAnswer> {
  const { origin, path } = addressOf(url);
  const posted = document === undefined ? undefined : Buffer.from(JSON.stringify(document));
  const answer = await http
    .request({
      method: posted === undefined ? 'GET' : 'POST',
      origin,
      path: path === '' ? '/' : path,
      headers: {
        accept: 'application/json',
        ...(posted && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(posted && { body: posted }),
      signal,
    })
    .catch((error: unknown) => {
      throw fromTransport(error, 'swift');
    });
  if (answer.status >= 200 && answer.status <= 299) return answer;
  if (answer.status < 400 || PORTALS.has(answer.status))
    throw astray(url, answer, 'no answer of an identity service');
  throw refusal(
    url,
    readFailure(answer.status, answer.headers, answer.body.toString('utf8'), clock.now()),
  );
}

/** A proxy, or the access to the network, wants a login of its own. */
const PORTALS = new Set([407, 511]);

/** An answer that an identity service does not give: the URL leads somewhere else, or everything does for now. */
export function astray(
  url: string,
  { status, headers }: HttpAnswer,
  flaw: string,
  cause?: unknown,
): UnprovenAnswerError {
  const type = headers['content-type'];
  const reason =
    type !== undefined && /html/i.test(type) && flaw !== ''
      ? `${flaw}, content-type ${type.slice(0, 60)}`
      : flaw;
  const message = `authenticate at ${url}: answered ${status}, but not as Swift's identity service does: ${reason}; check auth_url and auth_version`;
  return new UnprovenAnswerError(message, { driver: 'swift', retry: 'backoff', cause });
}

function refusal(url: string, { status, message, requestId, retryAfterMs }: Failure): StorageError {
  const context = { driver: 'swift', ...(requestId !== undefined && { requestId }) };
  const problem = `authenticate at ${url}: the service answered ${status}${message === '' ? '' : ` ${message}`}`;
  const retry = retryAfterMs === undefined ? 'backoff' : { afterMs: retryAfterMs };
  if (status === 401 || status === 403)
    return new InvalidCredentialsError(
      `${problem}; check key, secret, project and domains`,
      context,
    );
  if (status === 429 || status === 498 || status === 503)
    return new ThrottledError(problem, { ...context, retry });
  if (status >= 500) return new TargetUnavailableError(problem, { ...context, retry });
  // The target's, for every request would meet it.
  return new TargetUnavailableError(`${problem}; check auth_url and auth_version`, context);
}

/** The answer as JSON. One that is none rejects: the URL leads somewhere else. */
export function readJson(url: string, answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch (error) {
    throw astray(url, answer, 'no JSON', error);
  }
}

/** The member of something read as JSON; undefined when there is none. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path)
    found =
      typeof found === 'object' && found !== null
        ? (found as Record<string, unknown>)[name]
        : undefined;
  return found;
}

export function textMember(value: unknown, ...path: readonly string[]): string | undefined {
  const found = member(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function listMember(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = member(value, ...path);
  return Array.isArray(found) ? found : [];
}
