import { type Clock, parseTime } from '../../clock.js';
import type { Call } from '../call.js';
import { beginningAsText } from '../http/answer.js';
import { flawIn, flawInRefusal, unproven } from '../http/answer-rules.js';
import { TOLERATED_SKEW_MS, warnOfSkew } from '../http/clock-skew.js';
import type {
  HttpAnswer,
  HttpBody,
  HttpClient,
  HttpHeaders,
  HttpRequest,
  HttpStream,
} from '../http/exchange.js';
import { bodyBytes } from '../http/over-quota.js';
import { fromTransport } from '../http/refusal.js';
import { type Failure, readFailure } from '../http/text-failure.js';
import type { Notice } from '../notice.js';
import { SWIFT_ANSWERS, SWIFT_PROTOCOL, type SwiftOperation } from './answers.js';
import type { Address, Grant } from './auth/session.js';
import type { Sessions } from './auth/sessions.js';
import { encodePath, encodeQuery } from './encode.js';
import { SWIFT, type SwiftSubject, toStorageError } from './errors.js';

export interface SwiftRequest extends SwiftSubject {
  /** What its answer must be. */
  readonly operation: SwiftOperation;
  readonly method: HttpRequest['method'];
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** Default true; false for a body that can be opened once. */
  readonly replayable?: boolean;
  readonly answerWithinMs?: number;
  /** A status besides 2xx that is an answer and no error. */
  readonly accept?: number;
  /** The account's address at the CDN instead of the one for storage. */
  readonly atCdn?: boolean;
}

/**
 * Requests with a token. An answer other than 2xx rejects as toStorageError says, one that is not what the operation's answer
 * must be with UnprovenAnswerError. Nothing is retried here but a token
 * that is refused: another one is got, once, and a request that can be sent again is.
 */
export interface SwiftClient {
  request(request: SwiftRequest, call: Call): Promise<HttpAnswer>;
  stream(request: SwiftRequest, call: Call): Promise<HttpStream>;
  /** The account's root for objects. */
  storage(call: Call): Promise<Address>;
  /** Whether objects go there without TLS, which would notice bytes that change on their way. */
  isInTheClear(call: Call): Promise<boolean>;
  /** What the service says of itself at `/info`, where it can be asked; undefined: nothing. */
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

const ERROR_BODY_LIMIT = 2 ** 16;
const BEGINNING = 256;

export function createSwiftClient({
  http,
  sessions,
  clock,
  notice,
}: SwiftClientOptions): SwiftClient {
  let compared: Grant | undefined;
  /** Of a body that the provider has stored. Bytes. */
  let largestStored = 0;

  /** Once for each token: nothing here fails by it, but whoever reads times of objects, or of our log, is misled. */
  function compareClocks({ date }: HttpHeaders, grant: Grant): void {
    if (compared === grant) return;
    compared = grant;
    const theirs = parseTime(date ?? '');
    if (theirs !== undefined && Math.abs(theirs - clock.now()) >= TOLERATED_SKEW_MS)
      warnOfSkew(notice, theirs - clock.now());
  }

  function prepared(request: SwiftRequest, grant: Grant, call: Call): HttpRequest {
    const { origin, path } = request.atCdn ? (grant.cdn ?? grant.storage) : grant.storage;
    const query = encodeQuery(request.query ?? {});
    return {
      method: request.method,
      origin,
      path: pathOf(path, request.container, request.key) + (query === '' ? '' : `?${query}`),
      headers: { ...request.headers, 'x-auth-token': grant.token },
      signal: call.signal,
      ...(request.body !== undefined && { body: request.body }),
      ...(request.answerWithinMs !== undefined && { answerWithinMs: request.answerWithinMs }),
    };
  }

  async function perform<A extends { readonly status: number; readonly headers: HttpHeaders }>(
    request: SwiftRequest,
    call: Call,
    send: (request: HttpRequest) => Promise<A>,
    textOf: (answer: A, isSuccess: boolean) => Promise<string | undefined>,
  ): Promise<A> {
    for (let renewed = false; ; renewed = true) {
      const grant = await sessions.get(call);
      let answer: A;
      let failure: Failure | undefined;
      try {
        answer = await send(prepared(request, grant, call));
        failure = failureOf(answer, request, await textOf(answer, isSuccess(answer.status)));
      } catch (error) {
        throw fromTransport(error, SWIFT);
      }
      if (failure?.status !== 401) compareClocks(answer.headers, grant);
      if (failure === undefined) {
        if (request.method === 'PUT')
          largestStored = Math.max(largestStored, bodyBytes(request.body));
        return answer;
      }
      const expired = failure.status === 401 && !renewed;
      if (expired) sessions.refused(grant);
      if (!expired || request.replayable === false)
        throw toStorageError(failure, { ...request, largestStored }, expired);
    }
  }

  /** Undefined: the answer is one, and proves what it says. Throws when it proves nothing. `body` undefined: an object's content. */
  function failureOf(
    { status, headers }: { readonly status: number; readonly headers: HttpHeaders },
    request: SwiftRequest,
    body: string | undefined,
  ): Failure | undefined {
    const answer = { status, headers, body: request.method === 'HEAD' ? undefined : body };
    const flaw = isSuccess(status)
      ? flawIn(answer, SWIFT_ANSWERS[request.operation], SWIFT_PROTOCOL, request)
      : flawInRefusal(answer, SWIFT_PROTOCOL);
    const failure = readFailure(
      status,
      headers,
      isSuccess(status) ? '' : (body ?? ''),
      clock.now(),
    );
    const { requestId } = failure;
    if (flaw !== undefined)
      throw unproven(
        answer,
        flaw,
        SWIFT_PROTOCOL,
        request,
        requestId === undefined ? {} : { requestId },
      );
    return isSuccess(status) || status === request.accept ? undefined : failure;
  }

  return {
    // Of an answer of success the beginning is enough: readers of listings see to the rest.
    request: (request, call) =>
      perform(request, call, http.request, async ({ body }, success) =>
        body.subarray(0, success ? BEGINNING : ERROR_BODY_LIMIT).toString('utf8'),
      ),
    stream: (request, call) =>
      perform(request, call, http.stream, async ({ body }, success) =>
        success ? undefined : beginningAsText(body, ERROR_BODY_LIMIT),
      ),
    async info(call) {
      const { storage } = await sessions.get(call);
      // Beside the version of the API, as Swift's own client has it.
      const path = `${storage.path.replace(/\/v1(?:\.0)?(?:\/.*)?$/, '')}/info`;
      const about = {
        method: 'GET',
        operation: 'info',
        action: 'look up what the service offers',
      } as const;
      const request = {
        method: 'GET',
        origin: storage.origin,
        path,
        headers: {},
        signal: call.signal,
      } as const;
      const answer = await http.request(request).catch((error: unknown) => {
        throw fromTransport(error, SWIFT);
      });
      const refused = failureOf(answer, about, answer.body.toString('utf8'));
      return refused === undefined ? readInfo(answer.body) : undefined;
    },
    storage: async (call) => (await sessions.get(call)).storage,
    isInTheClear: async (call) => (await sessions.get(call)).storage.origin.startsWith('http:'),
    hasCdn: async (call) => (await sessions.get(call)).cdn !== undefined,
  };
}

function readInfo(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
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
