import {
  ContainerDoesNotExistError,
  type ErrorContext,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  PreconditionFailedError,
  type Retry,
  type StorageError,
  TargetUnavailableError,
  ThrottledError,
  UnsupportedOperationError,
} from '../errors.js';
import type { ProviderFailure } from '../http/provider-client.js';
import { actionWithPlace, BODY_LIMIT, denied, refused, type Subject } from '../http/refusal.js';
import { GOOGLE } from './auth/driver-name.js';

export { GOOGLE };

/** What Google answered instead of what it was asked to do. */
export interface GoogleFailure extends ProviderFailure {
  /** `reason` of the JSON API (`rateLimitExceeded`) or `Code` of the XML API (`NoSuchUpload`); empty where there is none. */
  readonly reason: string;
  /** Its own words, on one line; empty when it had none. */
  readonly message: string;
  /** Undefined: it did not say. */
  readonly retryAfterMs: number | undefined;
}

/** What a call was about, for its errors. */
export interface GoogleSubject extends Subject {
  /** Whether 404 speaks of the container although the call is about an object: one is put into it. */
  readonly needsContainer?: boolean;
  /** The key of the object that a condition of the request is about. */
  readonly condition?: string | undefined;
  /** Whether this client has written an object of this name less than two seconds ago. */
  readonly justWritten?: boolean;
}

const UNAVAILABLE = new Set([502, 504, 520, 521, 522, 523, 524]);
const PASSING = new Set([408, 409]);

/** Reasons of a 403 that mean too many requests: https://cloud.google.com/storage/docs/json_api/v1/status-codes */
const TOO_MANY = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'quotaExceeded',
  'dailyLimitExceeded',
  'UserRateLimitExceeded',
]);
/** Reasons of a 403 that are conditions of the object: a retention policy, a lock, a hold. */
const LOCKED = new Set([
  'retentionPolicyNotMet',
  'objectUnderActiveHold',
  'objectRetentionNotMet',
  'ObjectUnderActiveHold',
  'RetentionPolicyNotMet',
]);
/** Reasons of a 403 that concern every request: the project does not pay any more. */
const ACCOUNT = new Set(['accountDisabled', 'userProjectAccountProblem', 'accountProblem']);

const NO_RIGHT =
  'this account has no right to do that: check its roles at the bucket (Storage Object Admin, roles/storage.objectAdmin, has those that a mirror needs)';
const LOCK_ADVICE =
  'the object is locked: a retention policy, a retention of its own, or a hold keeps it';
/** One write a second to a name: https://cloud.google.com/storage/quotas#objects */
const NEXT_WRITE_MS = 1_000;

/** The provider's refusal as one of ours, decided by its status and reason. `mended`: the next try will do better. */
export function toStorageError(
  failure: GoogleFailure,
  subject: GoogleSubject,
  mended = false,
): StorageError {
  const { status, requestId, reason } = failure;
  const { key } = subject;
  const message = messageOf(failure, subject);
  const context: ErrorContext = {
    driver: GOOGLE,
    status,
    ...(requestId !== undefined && { requestId }),
  };
  const again: Retry =
    failure.retryAfterMs === undefined ? 'backoff' : { afterMs: failure.retryAfterMs };
  if (mended) return refused(subject, message, { ...context, retry: { afterMs: 0 } });
  if ((status === 404 || status === 410) && subject.container !== undefined)
    return missing(failure, subject, context);
  if (status === 401)
    return new InvalidCredentialsError(`${message}; check the credentials`, context);
  if (status === 429 || (status === 403 && TOO_MANY.has(reason)))
    return tooMany(subject, message, { ...context, retry: again });
  if (status === 403) return forbidden(reason, subject, message, context);
  if (status === 412 && subject.condition !== undefined)
    return new PreconditionFailedError(
      subject.condition,
      'is not what the condition says',
      context,
    );
  if (key !== undefined && isOtherDigest(failure))
    return new ObjectHashMismatchError(key, 'that of the bytes sent', `another (${message})`, {
      ...context,
      retry: 'backoff',
    });
  if (status === 413) return refused(subject, `${message}; ${BODY_LIMIT}`, context);
  if (status === 503) return new ThrottledError(message, { ...context, retry: again });
  if (UNAVAILABLE.has(status))
    return new TargetUnavailableError(message, { ...context, retry: again });
  if (status === 405 || status === 501) return new UnsupportedOperationError(message, context);
  return refused(
    subject,
    message,
    status >= 500 || PASSING.has(status) ? { ...context, retry: again } : context,
  );
}

/** The XML API distinguishes; of the JSON API one reason stands for both. */
function missing(
  { reason }: GoogleFailure,
  { container = '', key, needsContainer }: GoogleSubject,
  context: ErrorContext,
): StorageError {
  const isContainer = key === undefined || needsContainer || reason === 'NoSuchBucket';
  return isContainer
    ? new ContainerDoesNotExistError(container, context)
    : new ObjectDoesNotExistError(key, context);
}

/** A name that was written a moment ago takes no second write yet, which says nothing of the target. */
function tooMany(
  { key, justWritten }: GoogleSubject,
  message: string,
  context: ErrorContext,
): StorageError {
  if (key === undefined || !justWritten) return new ThrottledError(message, context);
  const { retry } = context;
  const afterMs = typeof retry === 'object' ? retry.afterMs : NEXT_WRITE_MS;
  return new ObjectError(key, `was refused: ${message}; one name takes one write a second`, {
    ...context,
    retry: { afterMs },
  });
}

function forbidden(
  reason: string,
  subject: GoogleSubject,
  message: string,
  context: ErrorContext,
): StorageError {
  if (ACCOUNT.has(reason)) return new InvalidCredentialsError(message, context);
  if (subject.key !== undefined && LOCKED.has(reason))
    return new ObjectAccessDeniedError(
      subject.key,
      `was refused: ${message}; ${LOCK_ADVICE}`,
      context,
    );
  return denied(subject, message, NO_RIGHT, context);
}

/**
 * Whether the bytes had another digest than was sent along. The XML API has a code for that; the JSON API has only the general
 * reason `invalid`, so the digest that its message names has to decide.
 */
function isOtherDigest({ status, reason, message }: GoogleFailure): boolean {
  if (status !== 400) return false;
  return reason === 'BadDigest' || (reason === 'invalid' && /\b(?:CRC32C|MD5)\b/i.test(message));
}

function messageOf({ status, reason, message }: GoogleFailure, subject: Subject): string {
  const said = [reason, message].filter((part) => part !== '').join(': ');
  return `${actionWithPlace(subject)}: the provider answered ${status}${said === '' ? '' : ` ${said}`}`;
}
