import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  type ErrorContext,
  InvalidContainerNameError,
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  ObjectIncompleteError,
  ObjectTooLargeError,
  PreconditionFailedError,
  type Retry,
  type StorageError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
  UnsupportedOperationError,
} from '../errors.js';
import {
  actionWithPlace,
  BODY_LIMIT,
  denied,
  meansQuota,
  refused,
  type Subject,
} from '../http/refusal.js';
import type { Failure } from './failure.js';

export const S3 = 's3';

export const CONTAINER_RULE =
  '3 to 63 lower-case letters, digits, "-" and ".", a letter or digit at both ends, no ".." and not an IP address';

// Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and those of MinIO, Ceph and Swift.

const CREDENTIALS = new Set([
  'AccountProblem',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidSecurity',
  'InvalidToken',
  'NotSignedUp',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'UnauthorizedAccess',
]);
/** The credentials are good, and not for this. */
const DENIED = new Set(['AccessDenied', 'AllAccessDisabled']);
const NO_RIGHT =
  "these credentials have no right to do that: change the account's policy, or the container's";
const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'TooManyRequestsException',
]);
const CORRUPTED = new Set([
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'InvalidChecksum',
]);
const BAD_KEY = new Set([
  'KeyTooLongError',
  'KeyTooLong',
  'InvalidURI',
  'XMinioInvalidObjectName',
  'XMinioInvalidResourceName',
  'InvalidObjectName',
]);
/** A retry may well go through: the connection, the moment or another client was the reason. */
const PASSING = new Set([
  'ConditionalRequestConflict',
  'IncompleteBody',
  'InternalError',
  'InvalidPart',
  'OperationAborted',
  'RequestTimeout',
  'TemporaryRedirect',
]);
/** Of Ceph and Scaleway; of MinIO. https://docs.ceph.com/en/latest/radosgw/s3/, https://pkg.go.dev/github.com/minio/minio/cmd#APIErrorCode */
const FULL = new Set([
  'QuotaExceeded',
  'StorageQuotaExceeded',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]);
const UNSUPPORTED = new Set([
  'NotImplemented',
  'MethodNotAllowed',
  'UnsupportedOperation',
  'XNotImplemented',
]);
const UNAVAILABLE_STATUSES = new Set([502, 504, 520, 521, 522, 523, 524, 530]);

/**
 * The provider's refusal as one of ours. Decided by code and status, and by the wording only where one code stands for a full
 * target as well as for an object that is too large. `mended`: the reason has been put right meanwhile, so that the next try
 * will do better.
 */
export function toStorageError(failure: Failure, subject: Subject, mended = false): StorageError {
  const { container = '', key } = subject;
  const context = contextOf(failure);
  if (mended)
    return refused(subject, messageOf(failure, subject), { ...context, retry: { afterMs: 0 } });
  switch (failure.code) {
    case 'NoSuchBucket':
      return new ContainerDoesNotExistError(container, context);
    case 'NoSuchKey':
    case 'NoSuchUpload':
    case 'NoSuchVersion':
      return new ObjectDoesNotExistError(key ?? '', context);
    case 'NotFound':
      return key === undefined
        ? new ContainerDoesNotExistError(container, context)
        : new ObjectDoesNotExistError(key, context);
    case 'BucketAlreadyExists':
    case 'BucketAlreadyOwnedByYou':
      return new ContainerAlreadyExistsError(container, context);
    case 'BucketNotEmpty':
      return new ContainerIsNotEmptyError(container, context);
    case 'InvalidBucketName':
      return new InvalidContainerNameError(container, CONTAINER_RULE, context);
    case 'PreconditionFailed':
      return new PreconditionFailedError(key ?? '', 'is not what the condition says', context);
    case 'EntityTooLarge':
      // Swift's S3 API has no other code for a quota.
      if (meansQuota(subject, failure.message))
        return new TargetFullError(messageOf(failure, subject), context);
      if (key !== undefined)
        return new ObjectTooLargeError(key, `was refused: ${messageOf(failure, subject)}`, context);
      break;
    case 'BrokenMPU': // of Swift's S3 API
      if (key !== undefined) return new ObjectIncompleteError(key, reason(failure), context);
      break;
    case 'RequestTimeTooSkewed':
      return new TargetUnavailableError(
        `${messageOf(failure, subject)}; set this machine's clock (NTP)`,
        { ...context, retry: 'backoff' },
      );
  }
  // Ceph answers 400 without a document.
  if (failure.status === 400 && key?.includes('\0'))
    return new InvalidObjectNameError(key, 'the provider takes no NUL character', context);
  if (BAD_KEY.has(failure.code) && key !== undefined)
    return new InvalidObjectNameError(key, reason(failure), context);
  if (CORRUPTED.has(failure.code) && key !== undefined) return corrupted(key, failure, context);
  return byKind(failure, subject, context);
}

function byKind(failure: Failure, subject: Subject, context: ErrorContext): StorageError {
  const message = messageOf(failure, subject);
  const again: Retry =
    failure.retryAfterMs === undefined ? 'backoff' : { afterMs: failure.retryAfterMs };
  if (THROTTLED.has(failure.code) || failure.status === 429 || failure.status === 503)
    return new ThrottledError(message, { ...context, retry: again });
  if (FULL.has(failure.code) || failure.status === 507)
    return new TargetFullError(message, context);
  if (DENIED.has(failure.code)) return denied(subject, message, NO_RIGHT, context);
  if (CREDENTIALS.has(failure.code) || failure.status === 401)
    return new InvalidCredentialsError(
      `${message}; check key, secret, region and the account's permissions`,
      context,
    );
  if (UNSUPPORTED.has(failure.code) || failure.status === 501)
    return new UnsupportedOperationError(message, context);
  if (failure.status === 413) return refused(subject, `${message}; ${BODY_LIMIT}`, context);
  if (UNAVAILABLE_STATUSES.has(failure.status))
    return new TargetUnavailableError(message, { ...context, retry: again });
  if (
    PASSING.has(failure.code) ||
    failure.status >= 500 ||
    failure.status === 408 ||
    failure.status === 409
  )
    return refused(subject, message, { ...context, retry: again });
  return refused(subject, message, context);
}

/** The provider did not store bytes that are others than those that were signed. */
export function corruptedOnItsWay(key: string, failure: Failure): ObjectHashMismatchError {
  return corrupted(key, failure, contextOf(failure));
}

function corrupted(key: string, failure: Failure, context: ErrorContext): ObjectHashMismatchError {
  return new ObjectHashMismatchError(
    key,
    'that of the bytes sent',
    `another (${reason(failure)})`,
    { ...context, retry: 'backoff' },
  );
}

function messageOf(failure: Failure, subject: Subject): string {
  return `${actionWithPlace(subject)}: the provider answered ${failure.status} ${reason(failure)}`;
}

function reason({ code, message }: Failure): string {
  return message === '' ? code : `${code}: ${message}`;
}

function contextOf({ requestId, status }: Failure): ErrorContext {
  return { driver: S3, status, ...(requestId !== undefined && { requestId }) };
}
