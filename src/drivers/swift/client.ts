import { type Clock, parseTime } from '../../clock.js';
import type { Call } from '../call.js';
import { beginningAsText } from '../http/answer.js';
import { type Notice, TOLERATED_SKEW_MS, tellOfSkew } from '../http/clock-skew.js';
import type { HttpAnswer, HttpBody, HttpClient, HttpHeaders, HttpRequest, HttpStream } from '../http/exchange.js';
import { fromTransport } from '../http/refusal.js';
import type { Address, Grant } from './auth/session.js';
import type { Sessions } from './auth/sessions.js';
import { encodePath, encodeQuery } from './encode.js';
import { SWIFT, type SwiftSubject, toStorageError } from './errors.js';
import { type Failure, readFailure } from './failure.js';

export interface SwiftRequest extends SwiftSubject {
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
 * Requests with a token. An answer other than 2xx rejects as toStorageError says. Nothing is retried here but a token
 * that is refused: another one is got, once, and a request that can be sent again is.
 */
export interface SwiftClient {
  request(request: SwiftRequest, call: Call): Promise<HttpAnswer>;
  stream(request: SwiftRequest, call: Call): Promise<HttpStream>;
  /** The account's root for objects. */
  storage(call: Call): Promise<Address>;
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

export function createSwiftClient({ http, sessions, clock, notice }: SwiftClientOptions): SwiftClient {
  let compared: Grant | undefined;

  /** Once for each token: nothing here fails by it, but whoever reads times of objects, or of our log, is misled. */
  function compareClocks({ date }: HttpHeaders, grant: Grant): void {
    if (compared === grant) return;
    compared = grant;
    const theirs = parseTime(date ?? '');
    if (theirs !== undefined && Math.abs(theirs - clock.now()) >= TOLERATED_SKEW_MS) tellOfSkew(notice, theirs - clock.now());
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
    textOf: (answer: A) => Promise<string>,
  ): Promise<A> {
    for (let renewed = false; ; renewed = true) {
      const grant = await sessions.get(call);
      let answer: A;
      let failure: Failure | undefined;
      try {
        answer = await send(prepared(request, grant, call));
        compareClocks(answer.headers, grant);
        if ((answer.status >= 200 && answer.status <= 299) || answer.status === request.accept) return answer;
        failure = readFailure(answer.status, answer.headers, await textOf(answer), clock.now());
      } catch (error) {
        throw fromTransport(error, SWIFT);
      }
      const expired = failure.status === 401 && !renewed;
      if (expired) sessions.refused(grant);
      if (!expired || request.replayable === false) throw toStorageError(failure, request, expired);
    }
  }

  return {
    request: (request, call) => perform(request, call, http.request, async ({ body }) => body.toString('utf8')),
    stream: (request, call) => perform(request, call, http.stream, ({ body }) => beginningAsText(body, ERROR_BODY_LIMIT)),
    storage: async (call) => (await sessions.get(call)).storage,
    hasCdn: async (call) => (await sessions.get(call)).cdn !== undefined,
  };
}

/** Percent-encoded. */
export function pathOf(account: string, container: string | undefined, key: string | undefined): string {
  if (container === undefined) return account === '' ? '/' : account;
  return `${account}/${encodePath(container)}${key === undefined ? '' : `/${encodePath(key)}`}`;
}
