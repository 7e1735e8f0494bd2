import { parseTime } from '../../../clock.js';
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
import { retryAfterMs } from '../../http/retry-after.js';
import type { Grant } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { memberOf, textOf } from './members.js';

/** One question to an identity service. What it is sent is in no error: it holds secrets. */
export interface Question {
  /** For people: `exchange the subject token`. */
  readonly action: string;
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The answer to a question, when it is a success; else rejects with an error of the credentials or of the target. */
export async function ask(http: HttpClient, question: Question, call: Call): Promise<HttpAnswer> {
  const answer = await askAny(http, question, call);
  if (answer.status >= 200 && answer.status <= 299) return answer;
  throw refusal(question.action, question.url, answer);
}

/** The answer, whatever it says. */
export async function askAny(
  http: HttpClient,
  { action, method, url, headers = {}, body }: Question,
  { signal }: Call,
): Promise<HttpAnswer> {
  const { origin, pathname, search } = addressOf(action, url);
  return http
    .request({
      method,
      origin,
      path: pathname + search,
      headers: { accept: 'application/json', ...headers },
      ...(body !== undefined && { body: Buffer.from(body) }),
      signal,
    })
    .catch((error: unknown) => {
      throw fromTransport(error, GOOGLE);
    });
}

export function askForm(
  http: HttpClient,
  action: string,
  url: string,
  fields: Readonly<Record<string, string | undefined>>,
  call: Call,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  return ask(http, formQuestion(action, url, fields, headers), call);
}

/** Fields without a value are skipped. */
export function formQuestion(
  action: string,
  url: string,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Question {
  const pairs = Object.entries(fields).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return {
    action,
    method: 'POST',
    url,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(pairs).toString(),
  };
}

function addressOf(action: string, url: string): URL {
  if (URL.canParse(url)) return new URL(url);
  throw new InvalidCredentialsError(`${action}: the credentials name an address that is no URL`, {
    driver: GOOGLE,
  });
}

/** OAuth's error document is `{"error":"invalid_grant","error_description":…}` (RFC 6749 section 5.2), that of Google's APIs has an object. */
export function refusal(
  action: string,
  url: string,
  { status, headers, body }: HttpAnswer,
): StorageError {
  const { origin } = new URL(url);
  const document = parsed(body);
  const said =
    textOf(document, 'error_description') ??
    textOf(document, 'error', 'message') ??
    textOf(document, 'error') ??
    '';
  const problem = `${action}: ${origin} answered ${status}${said === '' ? '' : ` ${said.slice(0, 300)}`}`;
  const afterMs = retryAfterMs(headers['retry-after'], parseTime(headers['date'] ?? '') ?? 0);
  const retry = afterMs === undefined ? 'backoff' : ({ afterMs } as const);
  if (status === 429) return new ThrottledError(problem, { driver: GOOGLE, retry });
  if (status >= 500 || status === 408)
    return new TargetUnavailableError(problem, { driver: GOOGLE, retry });
  // A login page of the network is no refusal of the credentials.
  if (document === undefined && status !== 401 && status !== 403)
    return notFromGoogle(action, origin, `status ${status}`);
  return new InvalidCredentialsError(`${problem}; ${adviceOn(said)}`, { driver: GOOGLE });
}

function adviceOn(said: string): string {
  return /short-lived token|iat|exp\b/i.test(said)
    ? 'the clock of this machine is probably wrong: set it by NTP'
    : 'check the credentials';
}

export function notFromGoogle(action: string, origin: string, flaw: string): UnprovenAnswerError {
  return new UnprovenAnswerError(
    `${action}: ${origin} did not answer as an identity service does: ${flaw}`,
    { driver: GOOGLE, retry: 'backoff' },
  );
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The answer as JSON; one that is none rejects, worth another try. */
export function documentIn(action: string, url: string, { body }: HttpAnswer): unknown {
  const document = parsed(body);
  if (typeof document === 'object' && document !== null) return document;
  throw notFromGoogle(action, new URL(url).origin, 'no JSON');
}

/** Not all services say how long a token is valid; Google's own are for an hour. */
const DEFAULT_SECONDS = 3600;

/** `{"access_token":…,"expires_in":SECONDS}` (RFC 6749 section 5.1). */
export function grantIn(action: string, url: string, answer: HttpAnswer): Grant {
  const document = documentIn(action, url, answer);
  const token = textOf(document, 'access_token');
  if (token === undefined || !isToken(token))
    throw notFromGoogle(action, new URL(url).origin, 'no access_token');
  const seconds = Number(memberOf(document, 'expires_in') ?? DEFAULT_SECONDS);
  return { token, validForMs: (Number.isFinite(seconds) ? seconds : DEFAULT_SECONDS) * 1000 };
}

/** Whether it can be a header's value. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
