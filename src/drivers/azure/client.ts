import { randomUUID } from 'node:crypto';
import { type Clock, httpTime, parseTime } from '../../clock.js';
import type { Call } from '../call.js';
import { encodeQuery } from '../http/encode.js';
import type { HttpClient, HttpRequest } from '../http/exchange.js';
import { bodyBytes } from '../http/over-quota.js';
import {
  createProviderClient,
  type Dialect,
  type ProviderClient,
  type ProviderRequest,
} from '../http/provider-client.js';
import { createProviderTime } from '../http/provider-time.js';
import type { Notice } from '../notice.js';
import { type Address, pathOf } from './address.js';
import { AZURE_ANSWERS, AZURE_PROTOCOL, type AzureOperation } from './answers.js';
import type { Access, Authorization } from './credentials/access.js';
import { type AzureSubject, toStorageError } from './errors.js';
import { type Failure, readFailure } from './failure.js';
import type { AzureSettings } from './settings.js';
import { rememberedOrder, sharedKey } from './sign.js';

export interface AzureRequest extends ProviderRequest<AzureOperation>, AzureSubject {}

/** One request inside a batch, which proves itself as each other one does. */
export interface SubRequest {
  /** Percent-encoded, with a query where there is one. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Requests with what proves them. A refusal rejects as toStorageError says. A request is sent again only when the answer says the
 * service's time, by which it is signed, or when another token can be had.
 */
export interface AzureClient extends ProviderClient<AzureRequest> {
  readonly address: Address;
  readonly accessKind: Access['kind'];
  /** What proves a request now. */
  authorization(call: Call): Promise<Authorization>;
  /** A DELETE of a blob inside a batch. */
  deleteInBatch(container: string, key: string, authorization: Authorization): SubRequest;
  /** Milliseconds since the epoch, corrected by what the service has said of its clock. */
  now(): number;
}

export interface AzureClientOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly access: Access;
  readonly address: Address;
  readonly settings: Pick<AzureSettings, 'api_version'>;
  readonly notice: Notice;
}

const MAX_REPEATS = 2;
const REFUSAL_BYTES = 2 ** 20;

export function createAzureClient(options: AzureClientOptions): AzureClient {
  const { http, clock, access, address, settings } = options;
  const time = createProviderTime(clock, options.notice);
  const order = rememberedOrder();
  /** Whether the clocks were compared: with a token or a SAS, or by an emulator, none is refused for its time. */
  let isCompared = false;

  const dialect: Dialect<AzureRequest, Authorization, Failure> = {
    protocol: AZURE_PROTOCOL,
    rules: AZURE_ANSWERS,
    readFailure: ({ status, headers }, body) => readFailure(status, headers, body, clock.now()),
    bodyLimits: { success: Number.POSITIVE_INFINITY, refusal: REFUSAL_BYTES },
    maxRepeats: MAX_REPEATS,
    access: (call) => access.get(call),
    prepare: (request, authorization, { signal }) => provenRequest(request, authorization, signal),
    onAnswer({ headers }, failure) {
      if (failure !== undefined || isCompared) return;
      isCompared = true;
      time.learn(parseTime(headers['date'] ?? ''));
    },
    async remedy(failure, { access: authorization }) {
      if (failure.flaw !== undefined) return undefined;
      const { code, status } = failure;
      const isOver = status === 401 || code === 'InvalidAuthenticationInfo';
      if (authorization.kind === 'token' && isOver)
        return access.refused(authorization) ? 'repeat' : undefined;
      if (authorization.kind === 'key' && code === 'AuthenticationFailed')
        return time.learn(failure.dateMs) ? 'repeat' : undefined;
      return undefined;
    },
    toError: toStorageError,
  };

  function provenRequest(
    request: AzureRequest,
    authorization: Authorization,
    signal: AbortSignal,
  ): HttpRequest {
    const { method, query = {}, body } = request;
    const path = pathOf(address, request.container, request.key);
    const headers: Record<string, string> = {
      ...request.headers,
      'x-ms-version': settings.api_version,
      'x-ms-client-request-id': randomUUID(),
    };
    prove({ method, path, query, headers, contentLength: bodyBytes(body) }, authorization);
    const written = queryWith(query, authorization);
    return {
      method,
      origin: address.origin,
      path: written === '' ? path : `${path}?${written}`,
      headers,
      signal,
      ...(body !== undefined && { body }),
      ...(request.answerWithinMs !== undefined && { answerWithinMs: request.answerWithinMs }),
      ...(request.maxAnswerBytes !== undefined && { maxAnswerBytes: request.maxAnswerBytes }),
    };
  }

  /** Adds the time and, where there is no signature in the query, the header that proves the request. */
  function prove(
    request: Omit<Parameters<typeof sharedKey>[0], 'headers'> & {
      readonly headers: Record<string, string>;
    },
    authorization: Authorization,
  ): void {
    const { headers } = request;
    headers['x-ms-date'] = httpTime(time.now());
    if (authorization.kind === 'token') headers['authorization'] = `Bearer ${authorization.token}`;
    if (authorization.kind === 'key')
      headers['authorization'] = sharedKey(request, authorization.account, order);
  }

  return {
    ...createProviderClient(http, dialect),
    address,
    accessKind: access.kind,
    authorization: (call) => access.get(call),
    now: () => time.now(),
    deleteInBatch(container, key, authorization) {
      const path = pathOf(address, container, key);
      const headers: Record<string, string> = {};
      prove({ method: 'DELETE', path, query: {}, headers, contentLength: 0 }, authorization);
      const written = queryWith({}, authorization);
      return { path: written === '' ? path : `${path}?${written}`, headers };
    },
  };
}

function queryWith(
  query: NonNullable<AzureRequest['query']>,
  authorization: Authorization,
): string {
  const written = encodeQuery(query);
  if (authorization.kind !== 'sas') return written;
  return written === '' ? authorization.query : `${written}&${authorization.query}`;
}
