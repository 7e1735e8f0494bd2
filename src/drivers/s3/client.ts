import type { Clock } from '../../clock.js';
import type { Call } from '../call.js';
import type { HttpClient, HttpRequest } from '../http/exchange.js';
import {
  createProviderClient,
  type Dialect,
  isSuccess,
  type ProviderClient,
  type ProviderRequest,
} from '../http/provider-client.js';
import { createProviderTime, type ProviderTime } from '../http/provider-time.js';
import type { Notice } from '../notice.js';
import { S3_ANSWERS, S3_PROTOCOL, type S3Operation } from './answers.js';
import type { ChunkedForm } from './aws-chunked.js';
import type { CredentialProvider, Credentials } from './credentials/credentials.js';
import { encodeQuery } from './encode.js';
import type { AddressOf } from './endpoint.js';
import { corruptedOnItsWay, toStorageError } from './errors.js';
import { type Failure, failureInside, readFailure } from './failure.js';
import { chunkedFormOf, outgoing } from './outgoing.js';
import { createRegions, type Regions } from './regions.js';
import { createSigner, type Signer } from './sign.js';

export interface S3Request extends ProviderRequest<S3Operation> {
  /** Hex SHA-256 of the body, for a signature that covers it. */
  readonly payload?: string;
  /** The form in which a streamed body is sent. */
  readonly chunked?: ChunkedForm | undefined;
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
 * Signed requests. A refusal rejects as toStorageError says. A request is sent again only when the answer names the
 * container's region or the provider's time, or when the credentials are renewed.
 */
export interface S3Client extends ProviderClient<S3Request> {
  /** A URL that lets its bearer read one object. */
  presign(container: string, key: string, seconds: number, call: Call): Promise<string>;
  /** The region in which the container was last found. */
  regionOf(container: string): string;
  /** Finds the container's region once, where requests could be redirected to another. */
  locate(container: string, call: Call): Promise<void>;
}

/** Region, clock and credentials can each be wrong once. */
const MAX_REPEATS = 3;
const ERROR_BODY_LIMIT = 2 ** 20;
const REFUSED_CREDENTIALS = /^(ExpiredToken|InvalidToken|InvalidAccessKeyId|TokenRefreshRequired)$/;

export function createS3Client(options: S3ClientOptions): S3Client {
  const { http, clock, credentials, addressOf } = options;
  const signer = createSigner();
  const regions = createRegions(options.region);
  const time = createProviderTime(clock, options.notice);
  const payer: Readonly<Record<string, string>> = options.requesterPays
    ? { 'x-amz-request-payer': 'requester' }
    : {};
  const located = new Set<string>();

  const dialect: Dialect<S3Request, Credentials, Failure> = {
    protocol: S3_PROTOCOL,
    rules: S3_ANSWERS,
    bodyLimits: { success: Number.POSITIVE_INFINITY, refusal: ERROR_BODY_LIMIT },
    maxRepeats: MAX_REPEATS,
    access: (call) => credentials.get(call),
    prepare: (request, keys, { signal }) =>
      signedRequest(request, keys, { signer, regions, time, addressOf, payer, signal }),
    readFailure: ({ status, headers }, body) => readFailure(status, headers, body, clock.now()),
    failureInside: ({ status, headers }, body) => failureInside(status, headers, body, clock.now()),
    async remedy(failure, { request, access }, call) {
      if (isUnprovenContainer(failure, request)) {
        await askByGet(client, request, call);
        return 'believe';
      }
      if (regions.learn(failure, request.container)) return 'repeat';
      if (isAboutTime(failure) && time.learn(failure.dateMs)) return 'repeat';
      if (REFUSED_CREDENTIALS.test(failure.code) && (await credentials.refused(access, call)))
        return 'repeat';
      if (!isAmbiguous(failure, request)) return undefined;
      await askByGet(client, request, call);
      return 'repeat';
    },
    toError(failure, request, remedied) {
      // The signature of a chunk covers its content, so this answer can be about bytes that changed on their way.
      const isSignedChunks = chunkedFormOf(request)?.signed === true;
      if (failure.code === 'SignatureDoesNotMatch' && isSignedChunks && !remedied) {
        if (request.key !== undefined) return corruptedOnItsWay(request.key, failure);
      }
      return toStorageError(failure, request, remedied);
    },
  };
  const client = createProviderClient(http, dialect);

  return {
    ...client,
    async presign(container, key, seconds, call) {
      const region = regions.of(container);
      const address = addressOf(region, container, key);
      const keys = await credentials.get(call);
      const target = { method: 'GET', ...address } as const;
      const query = signer.query(target, keys, region, time.now(), seconds, payer);
      return `${address.origin}${address.path}?${query}`;
    },
    regionOf: (container) => regions.of(container),
    async locate(container, call) {
      if (!options.manyRegions || located.has(container)) return;
      const about = {
        operation: 'headBucket',
        action: 'look up the container',
        container,
      } as const;
      await client.request({ method: 'HEAD', ...about }, call);
      located.add(container);
    },
  };
}

interface Signing {
  readonly signer: Signer;
  readonly regions: Regions;
  readonly time: ProviderTime;
  readonly addressOf: AddressOf;
  /** The header that says who pays, where the requester does. */
  readonly payer: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function signedRequest(
  request: S3Request,
  keys: Credentials,
  { signer, regions, time, addressOf, payer, signal }: Signing,
): HttpRequest {
  const { method } = request;
  const region = regions.of(request.container);
  const { origin, host, path } = addressOf(region, request.container, request.key);
  const query = request.query === undefined ? '' : encodeQuery(request.query);
  const { payload, headers: own, bodyWith } = outgoing(request);
  const { headers, chunkSignatures } = signer.sign(
    { method, host, path, query, headers: { ...own, ...payer }, payload },
    keys,
    region,
    time.now(),
  );
  const body = bodyWith(chunkSignatures);
  return {
    method,
    origin,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    signal,
    ...(body !== undefined && { body }),
    ...(request.answerWithinMs !== undefined && { answerWithinMs: request.answerWithinMs }),
    ...(request.maxAnswerBytes !== undefined && { maxAnswerBytes: request.maxAnswerBytes }),
  };
}

function isUnprovenContainer({ flaw, status }: Failure, { operation }: S3Request): boolean {
  return flaw !== undefined && operation === 'headBucket' && isSuccess(status);
}

/** The answer to a HEAD has no body that could say RequestTimeTooSkewed, so its status and its Date header must do. */
function isAboutTime({ code, status }: Failure): boolean {
  return code === 'RequestTimeTooSkewed' || status === 403;
}

/**
 * The answer to a HEAD has no body, so its status does not tell a missing right from credentials that have expired, nor
 * a missing object from another server's page. The answer to a GET does.
 */
function isAmbiguous({ status, flaw }: Failure, { method }: S3Request): boolean {
  if (method !== 'HEAD' || isSuccess(status)) return false;
  return status === 403 || status === 400 || flaw !== undefined;
}

/** Repeats a HEAD as a GET of as little as possible. Rejects with the reason that the GET is refused for. */
async function askByGet(
  client: ProviderClient<S3Request>,
  head: S3Request,
  call: Call,
): Promise<void> {
  if (head.key === undefined) {
    const query = { 'max-keys': '0' };
    await client.request({ ...head, method: 'GET', operation: 'listObjects', query }, call);
    return;
  }
  const headers = { ...head.headers, range: 'bytes=0-0' };
  const get = { ...head, method: 'GET', operation: 'getObject', headers, accept: 416 } as const;
  const { body } = await client.stream(get, call);
  for await (const _ of body) break;
}
