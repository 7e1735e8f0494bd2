import { parseTime } from '../../clock.js';
import type { HttpHeaders } from '../http/exchange.js';
import type { ProviderFailure } from '../http/provider-client.js';
import { withoutStop } from '../http/refusal.js';
import { retryAfterMs } from '../http/retry-after.js';
import { parseXml, rootOf, textOf } from '../http/xml.js';

/** What the provider answered instead of doing what it was asked. */
export interface Failure extends ProviderFailure {
  /** S3's error code, such as `NoSuchKey`; for an answer without a body, what its status stands for. */
  readonly code: string;
  readonly message: string;
  /** The region that the container is in, where the answer says so. */
  readonly region: string | undefined;
  /** Undefined: the provider did not say. */
  readonly retryAfterMs: number | undefined;
  /** The provider's own time, in milliseconds since the epoch. */
  readonly dateMs: number | undefined;
}

const CODE_OF_STATUS: ReadonlyMap<number, string> = new Map([
  [301, 'PermanentRedirect'],
  [403, 'AccessDenied'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [412, 'PreconditionFailed'],
  [416, 'InvalidRange'],
  [429, 'SlowDown'],
  [500, 'InternalError'],
  [501, 'NotImplemented'],
  [503, 'ServiceUnavailable'],
]);

export function readFailure(
  status: number,
  headers: HttpHeaders,
  body: string,
  nowMs: number,
): Failure {
  const document = body === '' ? undefined : parseXml(body);
  const element = document?.root === 'Error' ? document.element : {};
  const dateMs = headers['date'] === undefined ? undefined : parseTime(headers['date']);
  return {
    status,
    code: textOf(element, 'Code') ?? CODE_OF_STATUS.get(status) ?? `HTTP${status}`,
    message: withoutStop(textOf(element, 'Message') ?? ''),
    requestId: requestIdOf(headers) ?? textOf(element, 'RequestId'),
    region: headers['x-amz-bucket-region'] ?? textOf(element, 'Region'),
    retryAfterMs: retryAfterMs(headers['retry-after'], dateMs ?? nowMs),
    dateMs,
  };
}

/** For an answer whose status says that all went well and whose body says that it did not; undefined: it did. */
export function failureInside(
  status: number,
  headers: HttpHeaders,
  body: string,
  nowMs: number,
): Failure | undefined {
  return rootOf(body) === 'Error' && parseXml(body) !== undefined
    ? readFailure(status, headers, body, nowMs)
    : undefined;
}

export function requestIdOf(headers: HttpHeaders): string | undefined {
  return headers['x-amz-request-id'] ?? headers['x-trans-id'] ?? headers['x-openstack-request-id'];
}
