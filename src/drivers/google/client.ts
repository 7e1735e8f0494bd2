import { randomUUID } from 'node:crypto';
import { type Clock, parseTime } from '../../clock.js';
import type { Call } from '../call.js';
import { TOLERATED_SKEW_MS, warnOfSkew } from '../http/clock-skew.js';
import type { HttpClient, HttpHeaders, HttpRequest } from '../http/exchange.js';
import {
  createProviderClient,
  type Dialect,
  type ProviderClient,
  type ProviderRequest,
} from '../http/provider-client.js';
import type { Notice } from '../notice.js';
import { GOOGLE_ANSWERS, GOOGLE_PROTOCOL, type GoogleOperation } from './answers.js';
import type { Tokens } from './auth/tokens.js';
import { type GoogleFailure, type GoogleSubject, toStorageError } from './errors.js';
import { readFailure } from './failure.js';
import { encodeSegment } from './names.js';
import { recentWrites } from './recent-writes.js';

export interface GoogleRequest extends ProviderRequest<GoogleOperation>, GoogleSubject {
  /** Percent-encoded, from the root of the service. */
  readonly path: string;
}

/**
 * Requests with an access token. A refusal rejects as toStorageError says. A request is sent again only with a new token, once,
 * after its token was refused. The ETag of content is its generation, the ETag of this driver.
 */
export interface GoogleClient extends ProviderClient<GoogleRequest> {
  /** `https://HOST[:PORT]` */
  readonly origin: string;
}

export interface GoogleClientOptions {
  readonly http: HttpClient;
  readonly origin: string;
  readonly tokens: Tokens;
  /** Who pays, for each request. */
  readonly userProject: string | undefined;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** Bytes. The kind of a document stands at its beginning. */
const BODY_LIMITS = { success: 2 ** 12, refusal: 2 ** 16 };

type Access = Awaited<ReturnType<Tokens['get']>>;

export function createGoogleClient(options: GoogleClientOptions): GoogleClient {
  const { http, origin, tokens, clock } = options;
  const compareClocks = clockComparison(options);
  const writes = recentWrites(clock);
  const dialect: Dialect<GoogleRequest, Access, GoogleFailure> = {
    protocol: GOOGLE_PROTOCOL,
    rules: GOOGLE_ANSWERS,
    readFailure: (answer, body) => readFailure(answer, body, clock.now()),
    bodyLimits: BODY_LIMITS,
    maxRepeats: 1,
    access: (call) => tokens.get(call),
    prepare: (request, access, call) => prepare(request, access, options, call),
    onAnswer({ headers }, failure, _access) {
      if (failure?.status !== 401) compareClocks(headers);
    },
    async remedy({ flaw, status }, { access, repeats }) {
      if (flaw !== undefined || status !== 401 || repeats > 0 || access.token === undefined)
        return undefined;
      tokens.refused(access);
      return 'repeat';
    },
    toError: (failure, request, remedied) =>
      toStorageError(failure, { ...request, justWritten: writes.has(request) }, remedied),
  };
  const client = createProviderClient(http, dialect);

  function noteWrite(request: GoogleRequest): void {
    if (request.method !== 'GET') writes.note(request);
  }

  return {
    origin,
    async request(request, call) {
      const answer = await client.request(withIdempotencyToken(request), call);
      noteWrite(request);
      return answer;
    },
    async stream(request, call) {
      const answer = await client.stream(request, call);
      return { ...answer, headers: withGeneration(answer.headers) };
    },
    async openRequests(ends, call) {
      const { failed } = ends;
      const requests = await client.openRequests<Parameters<typeof failed>[0]>(
        {
          failed,
          answered(request, answer) {
            noteWrite(request);
            ends.answered(request, answer);
          },
        },
        call,
      );
      return {
        begin: (request) => requests.begin(withIdempotencyToken(request)),
        close: () => requests.close(),
      };
    },
  };
}

/** One for each change that is asked for, the same when it is sent again: all of Google's own clients send it. */
function withIdempotencyToken<R extends GoogleRequest>(request: R): R {
  if (request.method === 'GET') return request;
  const headers = { ...request.headers, 'x-goog-gcs-idempotency-token': randomUUID() };
  return { ...request, headers };
}

function withGeneration(headers: HttpHeaders): HttpHeaders {
  const generation = headers['x-goog-generation'];
  return generation === undefined ? headers : { ...headers, etag: `"${generation}"` };
}

/** Compares the provider's clock with ours, once. A difference makes assertions of service accounts invalid. */
function clockComparison({ clock, notice }: GoogleClientOptions): (headers: HttpHeaders) => void {
  let isCompared = false;
  return ({ date = '' }) => {
    const theirs = isCompared ? undefined : parseTime(date);
    if (theirs === undefined) return;
    isCompared = true;
    if (Math.abs(theirs - clock.now()) >= TOLERATED_SKEW_MS)
      warnOfSkew(notice, theirs - clock.now());
  };
}

function prepare(
  { method, path, query, headers, body, answerWithinMs, maxAnswerBytes }: GoogleRequest,
  { token }: Access,
  { origin, userProject }: GoogleClientOptions,
  { signal }: Call,
): HttpRequest {
  const pairs = queryOf(userProject === undefined ? query : { ...query, userProject });
  const separator = path.includes('?') ? '&' : '?';
  return {
    method,
    origin,
    path: pairs === '' ? path : `${path}${separator}${pairs}`,
    headers: Object.assign(
      {},
      headers,
      token === undefined ? undefined : { authorization: `Bearer ${token}` },
    ),
    signal,
    ...(body !== undefined && { body }),
    ...(answerWithinMs !== undefined && { answerWithinMs }),
    ...(maxAnswerBytes !== undefined && { maxAnswerBytes }),
  };
}

/** Without `?`; pairs without a value are skipped. */
function queryOf(parameters: Readonly<Record<string, string | undefined>> = {}): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeSegment(name)}=${encodeSegment(value)}`],
    )
    .join('&');
}
