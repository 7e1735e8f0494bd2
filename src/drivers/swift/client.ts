import { type Clock, parseTime } from '../../clock.js';
import type { Call } from '../call.js';
import { TOLERATED_SKEW_MS, warnOfSkew } from '../http/clock-skew.js';
import { encodePath, encodeQuery } from '../http/encode.js';
import type { HttpClient, HttpRequest } from '../http/exchange.js';
import {
  type AnswerHead,
  type AnswerReader,
  createProviderClient,
  type Dialect,
  failureIn,
  type ProviderClient,
  type ProviderRequest,
  unprovenError,
} from '../http/provider-client.js';
import { fromTransport } from '../http/refusal.js';
import { type Failure, readFailure } from '../http/text-failure.js';
import type { Notice } from '../notice.js';
import { SWIFT_ANSWERS, SWIFT_PROTOCOL, type SwiftOperation } from './answers.js';
import type { Address, Grant } from './auth/session.js';
import type { Sessions } from './auth/sessions.js';
import { SWIFT, type SwiftSubject, toStorageError } from './errors.js';

export interface SwiftRequest extends ProviderRequest<SwiftOperation>, SwiftSubject {
  /** The account's address at the CDN instead of the one for storage. */
  readonly atCdn?: boolean;
}

/**
 * Requests with a token. A refusal rejects as toStorageError says. A request is sent again only with a new token, once,
 * after its token was refused.
 */
export interface SwiftClient extends ProviderClient<SwiftRequest> {
  /** The account's root for objects. */
  storage(call: Call): Promise<Address>;
  /** Whether requests go without TLS, which would notice bytes that change on their way. */
  isInTheClear(call: Call): Promise<boolean>;
  /** The document at `/info`; undefined where the service has none. */
  info(call: Call): Promise<unknown>;
  /** Whether the service gives containers to a CDN. */
  hasCdn(call: Call): Promise<boolean>;
}

export interface SwiftClientOptions {
  readonly http: HttpClient;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** Bytes. The beginning of a success is enough: the readers of listings check the rest. */
const BODY_LIMITS = { success: 256, refusal: 2 ** 16 };

export function createSwiftClient(options: SwiftClientOptions): SwiftClient {
  const { http, sessions, clock } = options;
  const compareClocks = clockComparison(options);

  const reader: AnswerReader<SwiftOperation, Failure> = {
    protocol: SWIFT_PROTOCOL,
    rules: SWIFT_ANSWERS,
    readFailure: ({ status, headers }, body) => readFailure(status, headers, body, clock.now()),
  };
  const dialect: Dialect<SwiftRequest, Grant, Failure> = {
    ...reader,
    bodyLimits: BODY_LIMITS,
    maxRepeats: 1,
    access: (call) => sessions.get(call),
    prepare: requestWithToken,
    onAnswer(answer, failure, grant) {
      if (failure?.status !== 401) compareClocks(answer, grant);
    },
    async remedy({ flaw, status }, { access, repeats }) {
      if (flaw !== undefined || status !== 401 || repeats > 0) return undefined;
      sessions.refused(access);
      return 'repeat';
    },
    toError: toStorageError,
  };

  return {
    ...createProviderClient(http, dialect),
    info: async (call) => readInfo((await sessions.get(call)).storage, http, reader, call),
    storage: async (call) => (await sessions.get(call)).storage,
    isInTheClear: async (call) => (await sessions.get(call)).storage.origin.startsWith('http:'),
    hasCdn: async (call) => (await sessions.get(call)).cdn !== undefined,
  };
}

/**
 * Compares the provider's clock with ours, once for each token. A difference fails nothing here, but it misleads readers
 * of object times and of our log.
 */
function clockComparison({
  clock,
  notice,
}: SwiftClientOptions): (answer: AnswerHead, grant: Grant) => void {
  let compared: Grant | undefined;
  return ({ headers }, grant) => {
    if (compared === grant) return;
    compared = grant;
    const theirs = parseTime(headers['date'] ?? '');
    if (theirs !== undefined && Math.abs(theirs - clock.now()) >= TOLERATED_SKEW_MS)
      warnOfSkew(notice, theirs - clock.now());
  };
}

function requestWithToken(request: SwiftRequest, grant: Grant, { signal }: Call): HttpRequest {
  const { origin, path } = request.atCdn ? (grant.cdn ?? grant.storage) : grant.storage;
  const query = encodeQuery(request.query ?? {});
  return {
    method: request.method,
    origin,
    path: pathOf(path, request.container, request.key) + (query === '' ? '' : `?${query}`),
    headers: Object.assign({}, request.headers, { 'x-auth-token': grant.token }),
    signal,
    ...(request.body !== undefined && { body: request.body }),
    ...(request.answerWithinMs !== undefined && { answerWithinMs: request.answerWithinMs }),
    ...(request.maxAnswerBytes !== undefined && { maxAnswerBytes: request.maxAnswerBytes }),
  };
}

/** Asks without a token, as Swift's own client does. */
async function readInfo(
  storage: Address,
  http: HttpClient,
  reader: AnswerReader<SwiftOperation, Failure>,
  { signal }: Call,
): Promise<unknown> {
  const about = {
    method: 'GET',
    operation: 'info',
    action: 'look up what the service offers',
  } as const;
  const path = `${storage.path.replace(/\/v1(?:\.0)?(?:\/.*)?$/, '')}/info`; // beside the version of the API
  const request = { method: 'GET', origin: storage.origin, path, headers: {}, signal } as const;
  const answer = await http.request(request).catch((error: unknown) => {
    throw fromTransport(error, SWIFT);
  });
  const text = answer.body.toString('utf8');
  const failure = failureIn(answer, text, about, reader);
  if (failure?.flaw !== undefined)
    throw unprovenError(failure, failure.flaw, about, SWIFT_PROTOCOL);
  return failure === undefined ? parseJson(text) : undefined;
}

/** Undefined: the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Percent-encoded. */
export function pathOf(
  account: string,
  container: string | undefined,
  key: string | undefined,
): string {
  if (container === undefined) return account === '' ? '/' : account;
  return `${account}/${encodePath(container)}${key === undefined ? '' : `/${encodePath(key)}`}`;
}
