import type { Clock } from '../../clock.js';
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
import { fromTransport, type Subject } from '../http/refusal.js';
import type { Notice } from '../notice.js';
import { S3_ANSWERS, S3_PROTOCOL, type S3Operation } from './answers.js';
import type { ChunkedForm } from './aws-chunked.js';
import type { CredentialProvider, Credentials } from './credentials/credentials.js';
import { encodeQuery } from './encode.js';
import type { AddressOf } from './endpoint.js';
import { corruptedOnItsWay, S3, toStorageError } from './errors.js';
import { type Failure, failureInside, readFailure, requestIdOf } from './failure.js';
import { chunkedFormOf, outgoing } from './outgoing.js';
import { createSigner } from './sign.js';

export interface S3Request extends Subject {
  /** What its answer must be. */
  readonly operation: S3Operation;
  readonly method: HttpRequest['method'];
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** Hex SHA-256 of the body, for a signature that covers it. */
  readonly payload?: string;
  /** The form in which a streamed body is sent. */
  readonly chunked?: ChunkedForm | undefined;
  /** Default true; false for a body that can be opened once. */
  readonly replayable?: boolean;
  readonly answerWithinMs?: number;
  /** A status besides 2xx that is an answer and no error. */
  readonly accept?: number;
}

export interface S3ClientOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly credentials: CredentialProvider;
  readonly addressOf: AddressOf;
  readonly region: string;
  /** Whether one account's containers may be in different regions. */
  readonly manyRegions: boolean;
  readonly requesterPays: boolean;
  readonly notice: Notice;
}

/**
 * Signed requests. An answer other than 2xx rejects as toStorageError says, one that is not what the operation's answer
 * must be with UnprovenAnswerError. Nothing is retried here, but for what the
 * answer itself teaches and a repeated request cures: the container's region, the provider's time, new credentials.
 */
export interface S3Client {
  request(request: S3Request, call: Call): Promise<HttpAnswer>;
  stream(request: S3Request, call: Call): Promise<HttpStream>;
  /** A URL that lets its bearer read one object. */
  presign(container: string, key: string, seconds: number, call: Call): Promise<string>;
  /** The region in which the container was last found. */
  regionOf(container: string): string;
  /** Finds out the container's region once, where requests could be redirected to another. */
  locate(container: string, call: Call): Promise<void>;
}

/** Region, clock and credentials can each be wrong once. */
const CORRECTIONS = 3;
const ERROR_BODY_LIMIT = 2 ** 20;

export function createS3Client(options: S3ClientOptions): S3Client {
  const { http, clock, credentials, addressOf } = options;
  const signer = createSigner();
  const regions = new Map<string, string>();
  const located = new Set<string>();
  /** The provider's time minus ours. */
  let skewMs = 0;
  /** Of a body that the provider has stored. Bytes. */
  let largestStored = 0;

  const regionOf = (container: string | undefined) =>
    (container === undefined ? undefined : regions.get(container)) ?? options.region;

  function signed(request: S3Request, keys: Credentials, call: Call): HttpRequest {
    const region = regionOf(request.container);
    const { origin, host, path } = addressOf(region, request.container, request.key);
    const query = request.query === undefined ? '' : encodeQuery(request.query);
    const { payload, headers: own, bodyWith } = outgoing(request);
    const plain = options.requesterPays ? { ...own, 'x-amz-request-payer': 'requester' } : own;
    const { headers, chunkSignatures } = signer.sign(
      { method: request.method, host, path, query, headers: plain, payload },
      keys,
      region,
      clock.now() + skewMs,
    );
    const body = bodyWith(chunkSignatures);
    return {
      method: request.method,
      origin,
      path: query === '' ? path : `${path}?${query}`,
      headers,
      signal: call.signal,
      ...(body !== undefined && { body }),
      ...(request.answerWithinMs !== undefined && { answerWithinMs: request.answerWithinMs }),
    };
  }

  function learnRegion({ code, status, region }: Failure, container: string | undefined): boolean {
    const elsewhere =
      code === 'PermanentRedirect' ||
      code === 'AuthorizationHeaderMalformed' ||
      code === 'IllegalLocationConstraintException' ||
      status === 301 ||
      status === 307 ||
      status === 400;
    if (
      !elsewhere ||
      container === undefined ||
      region === undefined ||
      region === regionOf(container)
    )
      return false;
    regions.set(container, region);
    return true;
  }

  /** A HEAD has no body to say RequestTimeTooSkewed in, so the Date header alone has to do there. */
  function learnTime({ code, status, dateMs }: Failure): boolean {
    if (dateMs === undefined || (code !== 'RequestTimeTooSkewed' && status !== 403)) return false;
    const skew = dateMs - clock.now();
    if (Math.abs(skew - skewMs) < TOLERATED_SKEW_MS) return false;
    skewMs = skew;
    warnOfSkew(options.notice, skew);
    return true;
  }

  /** Whether the same request, signed anew, has a better chance. */
  async function learn(
    failure: Failure,
    request: S3Request,
    used: Credentials,
    call: Call,
  ): Promise<boolean> {
    if (learnRegion(failure, request.container) || learnTime(failure)) return true;
    const expired = /^(ExpiredToken|InvalidToken|InvalidAccessKeyId|TokenRefreshRequired)$/.test(
      failure.code,
    );
    return expired && credentials.refused(used, call);
  }

  async function perform<A extends { readonly status: number; readonly headers: HttpHeaders }>(
    request: S3Request,
    call: Call,
    send: (request: HttpRequest) => Promise<A>,
    textOf: (answer: A, isContent: boolean) => Promise<string | undefined>,
  ): Promise<A> {
    for (let corrections = 0; ; corrections += 1) {
      const keys = await credentials.get(call);
      let answer: A;
      let failure: Failure | undefined;
      try {
        answer = await send(signed(request, keys, call));
        failure = failureOf(answer, request, await textOf(answer, isSuccess(answer.status)));
      } catch (error) {
        throw fromTransport(error, S3);
      }
      if (failure === undefined) {
        if (request.method === 'PUT')
          largestStored = Math.max(largestStored, bodyBytes(request.body));
        return answer;
      }
      if (
        failure.flaw !== undefined &&
        request.operation === 'headBucket' &&
        isSuccess(failure.status)
      ) {
        await askByGet(request, call);
        return answer;
      }
      const replayable = request.replayable ?? true;
      const learned =
        (await learn(failure, request, keys, call)) || (await isReadable(failure, request, call));
      if (!learned || !replayable || corrections >= CORRECTIONS) {
        // What was learned helps the next try, if the caller can make one.
        throw refusal(answer, failure, request, learned);
      }
    }
  }

  /** Undefined: the operation has succeeded, and the answer proves it. `body` undefined: the content of an object. */
  function failureOf(
    { status, headers }: { readonly status: number; readonly headers: HttpHeaders },
    request: S3Request,
    body: string | undefined,
  ): Failure | undefined {
    const nowMs = clock.now();
    const answer = { status, headers, body: request.method === 'HEAD' ? undefined : body };
    if (!isSuccess(status)) {
      const flaw = flawInRefusal(answer, S3_PROTOCOL);
      if (status === request.accept && flaw === undefined) return undefined;
      return { ...readFailure(status, headers, body ?? '', nowMs), flaw };
    }
    const inside = body === undefined ? undefined : failureInside(status, headers, body, nowMs);
    if (inside !== undefined) return inside;
    const flaw = flawIn(answer, S3_ANSWERS[request.operation], S3_PROTOCOL, request);
    return flaw === undefined ? undefined : { ...readFailure(status, headers, '', nowMs), flaw };
  }

  function refusal(
    answer: { readonly headers: HttpHeaders },
    failure: Failure,
    request: S3Request,
    learned: boolean,
  ): unknown {
    // The signature of a chunk covers its content, so the same answer can be about bytes that changed.
    if (
      failure.code === 'SignatureDoesNotMatch' &&
      chunkedFormOf(request)?.signed &&
      !learned &&
      request.key !== undefined
    )
      return corruptedOnItsWay(request.key, failure);
    if (failure.flaw === undefined || learned)
      return toStorageError(failure, { ...request, largestStored }, learned);
    const requestId = requestIdOf(answer.headers);
    return unproven(
      failure,
      failure.flaw,
      S3_PROTOCOL,
      request,
      requestId === undefined ? {} : { requestId },
    );
  }

  /**
   * The answer to a HEAD has no body, so its status does not tell a missing right from credentials that have expired, nor a
   * missing object from another server's page. What a GET of next to nothing is answered tells them apart; this rejects with it.
   */
  async function isReadable(
    { status, flaw }: Failure,
    head: S3Request,
    call: Call,
  ): Promise<boolean> {
    if (
      head.method !== 'HEAD' ||
      isSuccess(status) ||
      (status !== 403 && status !== 400 && flaw === undefined)
    )
      return false;
    await askByGet(head, call);
    return true;
  }

  async function askByGet(head: S3Request, call: Call): Promise<void> {
    if (head.key === undefined) {
      await request(
        { ...head, method: 'GET', operation: 'listObjects', query: { 'max-keys': '0' } },
        call,
      );
      return;
    }
    const headers = { ...head.headers, range: 'bytes=0-0' };
    const { body } = await stream(
      { ...head, method: 'GET', operation: 'getObject', headers, accept: 416 },
      call,
    );
    for await (const _ of body) break;
  }

  const stream: S3Client['stream'] = (wanted, call) =>
    perform(wanted, call, http.stream, async ({ body }, isContent) =>
      isContent ? undefined : beginningAsText(body, ERROR_BODY_LIMIT),
    );

  const request: S3Client['request'] = (wanted, call) =>
    perform(wanted, call, http.request, async ({ body }) => body.toString('utf8'));

  return {
    request,
    stream,
    async presign(container, key, seconds, call) {
      const region = regionOf(container);
      const address = addressOf(region, container, key);
      const pays = options.requesterPays ? { 'x-amz-request-payer': 'requester' } : {};
      const query = signer.query(
        { method: 'GET', ...address },
        await credentials.get(call),
        region,
        clock.now() + skewMs,
        seconds,
        pays,
      );
      return `${address.origin}${address.path}?${query}`;
    },
    regionOf,
    async locate(container, call) {
      if (!options.manyRegions || located.has(container)) return;
      await request(
        { method: 'HEAD', operation: 'headBucket', action: 'look up the container', container },
        call,
      );
      located.add(container);
    },
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
