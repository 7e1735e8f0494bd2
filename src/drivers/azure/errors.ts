import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerError,
  ContainerIsNotEmptyError,
  type ErrorContext,
  InvalidContainerNameError,
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  ObjectInTheWayError,
  ObjectTooLargeError,
  PreconditionFailedError,
  type Retry,
  StorageError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
  UnsupportedOperationError,
} from '../errors.js';
import { actionWithPlace, denied, refused, type Subject } from '../http/refusal.js';
import { DRIVER } from './credentials/access.js';
import type { Failure } from './failure.js';

export const AZURE = DRIVER;

export const CONTAINER_RULE =
  '3 to 63 lower-case letters, digits and "-", a letter or digit at both ends, and no "--"';

/** Uncommitted blocks of the name have ids of another length: another tool sent them within the last week. */
export class OtherBlocksError extends ObjectError {
  override readonly name = 'OtherBlocksError';
}

/** What a call was about, for its errors. */
export interface AzureSubject extends Subject {
  /** The key of the source of a copy: a condition may be about it. */
  readonly source?: string;
}

// Codes: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and .../common-rest-api-error-codes

const NO_CONTAINER = new Set(['ContainerNotFound', 'ContainerBeingDeleted', 'ContainerDisabled']);
const NO_BLOB = new Set(['BlobNotFound', 'ResourceNotFound', 'CannotVerifyCopySource']);
const CONDITION = new Set([
  'BlobAlreadyExists',
  'ConditionNotMet',
  'TargetConditionNotMet',
  'SourceConditionNotMet',
]);
const CREDENTIALS = new Set([
  'AuthenticationFailed',
  'NoAuthenticationInformation',
  'InvalidAuthenticationInfo',
  'AuthorizationSourceIPMismatch',
  'AuthorizationProtocolMismatch',
  'AccountIsDisabled',
]);
const CORRUPTED = new Set(['Md5Mismatch', 'Crc64Mismatch', 'InvalidMd5']);
const BAD_NAME = new Set(['InvalidResourceName', 'InvalidUri', 'OutOfRangeInput']);
const TOO_LARGE = new Set(['RequestBodyTooLarge', 'BlockCountExceedsLimit', 'BlockListTooLong']);
const THROTTLED = new Set(['ServerBusy', 'TooManyRequests']);
const PASSING = new Set(['InternalError', 'OperationTimedOut', 'PendingCopyOperation']);
const UNSUPPORTED = new Set([
  'NotImplemented',
  'UnsupportedHttpVerb',
  'UnsupportedHeader',
  'UnsupportedQueryParameter',
  'FeatureNotSupportedForAccount',
  'APINotImplemented',
]);
const UNAVAILABLE_STATUSES = new Set([502, 504, 520, 521, 522, 523, 524, 530]);
/** Uncommitted blocks that are not there, or that are others than those that were named. */
const LOST_BLOCKS = new Set(['InvalidBlockList', 'InvalidBlockId']);

/** Of a blob that is there and refuses to be changed or read, what may be done about it. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['BlobArchived', 'it is in the tier Archive: rehydrate it (set its tier to Hot or Cool) first'],
  ['BlobBeingRehydrated', 'it is on its way out of the tier Archive, which takes hours'],
  ['BlobImmutableDueToPolicy', 'an immutability policy or a legal hold keeps it'],
  ['LeaseIdMissing', 'another program holds a lease on it: break the lease'],
  ['LeaseIdMismatchWithBlobOperation', 'another program holds a lease on it: break the lease'],
  ['SnapshotsPresent', 'it has snapshots, which longshore never deletes: delete them first'],
  [
    'InvalidBlobType',
    'it is a page or an append blob of another program, which is not overwritten',
  ],
]);

const NO_RIGHT =
  'these credentials have no right to do that: give the identity the role "Storage Blob Data Contributor" ("Contributor" alone is not enough), or the SAS the permissions racwdl; a network rule of the account refuses in the same words';

/** The service's refusal as one of ours, decided by code and status. `mended`: the reason is removed, so the next try will do better. */
export function toStorageError(
  failure: Failure,
  subject: AzureSubject,
  mended = false,
): StorageError {
  const { code } = failure;
  const { container = '', key } = subject;
  const context = contextOf(failure);
  const message = messageOf(failure, subject);
  if (mended) return refused(subject, message, { ...context, retry: { afterMs: 0 } });
  if (NO_CONTAINER.has(code)) return missingContainer(container, code, context);
  if (NO_BLOB.has(code) && failure.status === 404)
    return key === undefined
      ? new ContainerDoesNotExistError(container, context)
      : new ObjectDoesNotExistError(subject.source ?? key, context);
  if (code === 'ContainerAlreadyExists') return new ContainerAlreadyExistsError(container, context);
  if (code === 'ContainerNotEmpty') return new ContainerIsNotEmptyError(container, context);
  if (key === undefined) return byKind(failure, subject, context);
  return ofBlob(failure, subject, key, context) ?? byKind(failure, subject, context);
}

/** For half a minute after its delete, and longer, a container's name cannot be used again. */
function missingContainer(name: string, code: string, context: ErrorContext): StorageError {
  return code === 'ContainerBeingDeleted'
    ? new ContainerError(
        name,
        'is being deleted at the service; its name is free in some minutes',
        {
          ...context,
          retry: { afterMs: 10_000 },
        },
      )
    : new ContainerDoesNotExistError(name, context);
}

function ofBlob(
  failure: Failure,
  subject: AzureSubject,
  key: string,
  context: ErrorContext,
): StorageError | undefined {
  const { code } = failure;
  const message = messageOf(failure, subject);
  if (CONDITION.has(code)) {
    const about = code === 'SourceConditionNotMet' ? (subject.source ?? key) : key;
    return new PreconditionFailedError(about, `is not what the condition says (${code})`, context);
  }
  // Azurite has a code of its own for that.
  const isMismatch =
    code === 'InvalidOperation' && failure.status === 400 && subject.body !== undefined;
  if (CORRUPTED.has(code) || isMismatch)
    return new ObjectHashMismatchError(
      key,
      'that of the bytes sent',
      `another (${reason(failure)})`,
      {
        ...context,
        retry: 'backoff',
      },
    );
  if (code === 'InvalidBlobOrBlock')
    return new OtherBlocksError(key, `was refused: ${message}`, { ...context, retry: 'backoff' });
  if (LOST_BLOCKS.has(code)) return new ObjectDoesNotExistError(key, context);
  if (BAD_NAME.has(code)) return new InvalidObjectNameError(key, reason(failure), context);
  // Of accounts with a hierarchical namespace, where "a" and "a/b" cannot both be blobs.
  if (code === 'PathConflict' || code === 'ResourceTypeMismatch')
    return new ObjectInTheWayError(key, reason(failure), context);
  if (TOO_LARGE.has(code)) return new ObjectTooLargeError(key, `was refused: ${message}`, context);
  const remedy = REMEDIES.get(code);
  if (remedy !== undefined)
    return new ObjectAccessDeniedError(key, `was refused: ${message}; ${remedy}`, context);
  return undefined;
}

function byKind(failure: Failure, subject: AzureSubject, context: ErrorContext): StorageError {
  const { status, code } = failure;
  const message = messageOf(failure, subject);
  const again: Retry =
    failure.retryAfterMs === undefined ? 'backoff' : { afterMs: failure.retryAfterMs };
  if (code === 'InvalidResourceName' && subject.container !== undefined)
    return new InvalidContainerNameError(subject.container, CONTAINER_RULE, context);
  if (THROTTLED.has(code) || status === 429 || status === 503)
    return new ThrottledError(message, { ...context, retry: again });
  if (status === 507) return new TargetFullError(message, context);
  if (CREDENTIALS.has(code) || status === 401)
    return new InvalidCredentialsError(
      `${message}; check the account's name and key, the SAS and its end, or the identity, and this machine's clock`,
      context,
    );
  if (status === 403) return denied(subject, message, NO_RIGHT, context);
  if (UNSUPPORTED.has(code) || status === 501)
    return new UnsupportedOperationError(message, context);
  if (UNAVAILABLE_STATUSES.has(status))
    return new TargetUnavailableError(message, { ...context, retry: again });
  if (PASSING.has(code) || status >= 500 || status === 408 || status === 409)
    return refused(subject, message, { ...context, retry: again });
  const isVersion = code === 'InvalidHeaderValue' && /x-ms-version/i.test(failure.message);
  return isVersion
    ? new StorageError(`${message}; this store is older: set api_version`, context)
    : refused(subject, message, context);
}

function messageOf(failure: Failure, subject: Subject): string {
  return `${actionWithPlace(subject)}: the provider answered ${failure.status} ${reason(failure)}`;
}

function reason({ code, message }: Failure): string {
  return message === '' ? code : `${code}: ${message}`;
}

function contextOf({ requestId, status }: Failure): ErrorContext {
  return { driver: AZURE, status, ...(requestId !== undefined && { requestId }) };
}
