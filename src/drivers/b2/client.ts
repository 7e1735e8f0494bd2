import { type Clock, parseTime } from '../../clock.js';
import { type Cached, cached } from '../cached.js';
import { InvalidCredentialsError } from '../errors.js';
import type { HttpClient, HttpRequest } from '../http/exchange.js';
import {
  type AnswerReader,
  createProviderClient,
  type Dialect,
  type ProviderClient,
  type ProviderRequest,
} from '../http/provider-client.js';
import { createProviderTime } from '../http/provider-time.js';
import { denied } from '../http/refusal.js';
import type { Notice } from '../notice.js';
import { B2_ANSWERS, B2_PROTOCOL, type B2Operation } from './answers.js';
import { B2, type B2Subject, NO_RIGHT, toStorageError } from './errors.js';
import { type Failure, readFailure } from './failure.js';
import { type Grant, readGrant } from './grant.js';
import { missingRight } from './rights.js';
import type { UploadAddress } from './upload-urls.js';

/** A request to the API unless it says where else. Its method is POST, but for downloads. */
export interface B2Request extends Omit<ProviderRequest<B2Operation>, 'query'>, B2Subject {
  /** Of a call of the API. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Of a listing; what the key may list is compared with it. */
  readonly prefix?: string;
  /** Percent-encoded path below the host for downloads. */
  readonly download?: string;
  /** An upload goes to an address of its own, which another one replaces when it is refused. */
  readonly upload?: UploadAddress;
}

export interface B2Client extends ProviderClient<B2Request> {
  grant: Cached<Grant>['get'];
}

export interface B2Keys {
  /** Of the application key. */
  id(): string;
  /** The application key itself. */
  secret(): string;
}

export interface B2ClientOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly keys: B2Keys;
  /** `https://api.backblazeb2.com` */
  readonly origin: string;
  readonly testMode: string | undefined;
  readonly notice: Notice;
}

const API = '/b2api/v4';
/** Bytes. Of a listing the beginning is enough: its reader checks the rest. */
const BODY_LIMITS = { success: 2 ** 16, refusal: 2 ** 16 };
/** How often an upload goes to another address, and a call gets a new authorisation, before it fails. */
const MOST_REPEATS = 2;
/** "Valid for at most 24 hours": https://www.backblaze.com/apidocs/b2-authorize-account */
const TOKEN_MS = 24 * 3_600_000;
const ENDED_TOKEN = new Set(['expired_auth_token', 'bad_auth_token', '']);

/**
 * Requests with the account's token. A call whose token has ended is sent again once with a new one, which all calls share; an upload
 * that is refused goes to another address (https://www.backblaze.com/docs/cloud-storage-integration-checklist).
 */
export function createB2Client(options: B2ClientOptions): B2Client {
  const { http, clock, testMode, notice } = options;
  const reader: AnswerReader<B2Operation, Failure> = {
    protocol: B2_PROTOCOL,
    rules: B2_ANSWERS,
    readFailure: (head, body) => readFailure(head, body, clock.now()),
  };
  const grants = createGrants(options, reader);
  const providerTime = createProviderTime(clock, notice);
  /** The authorisation with which the clocks were compared last. */
  let compared: Grant | undefined;

  const dialect: Dialect<B2Request, Grant, Failure> = {
    ...reader,
    bodyLimits: BODY_LIMITS,
    maxRepeats: MOST_REPEATS,
    access: (call) => grants.get(call),
    prepare(request, grant, { signal }) {
      const problem = missingRight(request, grant.allowed);
      if (problem !== undefined) throw denied(request, problem, NO_RIGHT, { driver: B2 });
      return { ...addressed(request, grant, testMode), signal };
    },
    /** A wrong clock fails nothing here, but it misleads readers of object times and of our log. */
    onAnswer({ headers }, _, grant) {
      if (compared === grant) return;
      compared = grant;
      providerTime.learn(parseTime(headers['date'] ?? ''));
    },
    async remedy(failure, { request, access, repeats }, call) {
      if (failure.flaw !== undefined) return undefined;
      const { upload, replayable } = request;
      if (upload !== undefined) {
        if (!needsOtherAddress(failure) || repeats >= MOST_REPEATS) return undefined;
        if (replayable !== false) await upload.replace(call);
        return 'repeat';
      }
      if (failure.status !== 401 || !ENDED_TOKEN.has(failure.code) || repeats > 0) return undefined;
      grants.refused(access);
      return 'repeat';
    },
    toError: toStorageError,
  };
  return { ...createProviderClient(http, dialect), grant: (call) => grants.get(call) };
}

/** Of an upload: the storage pod is busy, or the address has ended. 429 asks for less, and is no reason to go elsewhere. */
function needsOtherAddress({ status, code }: Failure): boolean {
  return status === 408 || status >= 500 || (status === 401 && ENDED_TOKEN.has(code));
}

function addressed(
  request: B2Request,
  { token, apiUrl, downloadUrl }: Grant,
  testMode: string | undefined,
): Omit<HttpRequest, 'signal'> {
  const { method, operation, upload, download, parameters, headers, body } = request;
  const { answerWithinMs, maxAnswerBytes } = request;
  const mode = testMode === undefined ? {} : { 'x-bz-test-mode': testMode };
  const within = answerWithinMs === undefined ? {} : { answerWithinMs };
  if (upload !== undefined) {
    const { url, token: authorization } = upload.current();
    const sent = { ...headers, ...mode, authorization };
    return {
      method,
      ...placeOf(url),
      headers: sent,
      ...(body !== undefined && { body }),
      ...within,
    };
  }
  if (download !== undefined)
    return {
      method,
      ...placeOf(downloadUrl + download),
      headers: { ...headers, authorization: token },
      ...(maxAnswerBytes !== undefined && { maxAnswerBytes }),
    };
  return {
    method,
    ...placeOf(`${apiUrl}${API}/${operation}`),
    headers: { ...mode, authorization: token, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(parameters ?? {})),
    ...within,
  };
}

/** No URL is parsed: that would change names with dots in them. */
function placeOf(url: string): { readonly origin: string; readonly path: string } {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/s.exec(url) ?? [];
  return { origin, path: path === '' ? '/' : path };
}

/** Authorisations, one for all calls. Before one ends it is replaced. */
function createGrants(
  { http, clock, keys, origin, testMode }: B2ClientOptions,
  reader: AnswerReader<B2Operation, Failure>,
): Cached<Grant> {
  const client = createProviderClient<B2Request, undefined, Failure>(http, {
    ...reader,
    bodyLimits: BODY_LIMITS,
    maxRepeats: 0,
    access: async () => undefined,
    prepare: ({ method, operation }, _, { signal }) => ({
      method,
      origin,
      path: `${API}/${operation}`,
      headers: {
        authorization: `Basic ${Buffer.from(`${keys.id()}:${keys.secret()}`).toString('base64')}`,
        ...(testMode !== undefined && { 'x-bz-test-mode': testMode }),
      },
      signal,
    }),
    remedy: async () => undefined,
    toError(failure, request) {
      const error = toStorageError(failure, request);
      return failure.status === 401
        ? new InvalidCredentialsError(
            `${error.message}; check key (the id of the application key) and secret (the key itself)`,
            { driver: B2, cause: error },
          )
        : error;
    },
  });

  return cached(async (call) => {
    const startedAt = clock.monotonic();
    const about = { operation: 'b2_authorize_account', action: 'authorize the account' } as const;
    const grant = readGrant(await client.request({ method: 'GET', ...about }, call));
    const keyMs = (grant.keyEndsAtMs ?? Number.POSITIVE_INFINITY) - clock.now();
    const endsAt = startedAt + Math.min(TOKEN_MS, Math.max(keyMs, 0));
    return { value: grant, leftMs: () => endsAt - clock.monotonic() };
  });
}
