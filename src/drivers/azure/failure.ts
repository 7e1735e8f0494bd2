import { parseTime } from '../../clock.js';
import type { HttpHeaders } from '../http/exchange.js';
import type { ProviderFailure } from '../http/provider-client.js';
import { withoutStop } from '../http/refusal.js';
import { retryAfterMs } from '../http/retry-after.js';
import { parseXml, textOf } from '../http/xml.js';

/** What the service answered instead of doing what it was asked. */
export interface Failure extends ProviderFailure {
  /** Azure's error code, such as `BlobNotFound`; for an answer without one, what its status stands for. */
  readonly code: string;
  /** Its first line: the others repeat the request's id and time. */
  readonly message: string;
  /** Undefined: the service did not say. */
  readonly retryAfterMs: number | undefined;
  /** The service's own time, in milliseconds since the epoch. */
  readonly dateMs: number | undefined;
}

const CODE_OF_STATUS: ReadonlyMap<number, string> = new Map([
  [401, 'NoAuthenticationInformation'],
  [403, 'AuthorizationFailure'],
  [404, 'ResourceNotFound'],
  [405, 'UnsupportedHttpVerb'],
  [412, 'ConditionNotMet'],
  [413, 'RequestBodyTooLarge'],
  [416, 'InvalidRange'],
  [429, 'ServerBusy'],
  [500, 'InternalError'],
  [501, 'NotImplemented'],
  [503, 'ServerBusy'],
]);

export function readFailure(
  status: number,
  headers: HttpHeaders,
  body: string,
  nowMs: number,
): Failure {
  const document = body === '' ? undefined : parseXml(body.replace(/^\ufeff/, ''));
  const element = document?.root === 'Error' ? document.element : {};
  const dateMs = headers['date'] === undefined ? undefined : parseTime(headers['date']);
  return {
    status,
    code: codeIn(headers, textOf(element, 'Code')) ?? CODE_OF_STATUS.get(status) ?? `HTTP${status}`,
    message: withoutStop((textOf(element, 'Message') ?? '').split(/\r?\n/, 1)[0] ?? ''),
    requestId: headers['x-ms-request-id'],
    retryAfterMs: retryAfterMs(headers['retry-after'], dateMs ?? nowMs),
    dateMs,
  };
}

/** A header without a value says nothing. */
function codeIn(headers: HttpHeaders, inBody: string | undefined): string | undefined {
  return headers['x-ms-error-code'] || inBody || undefined;
}
