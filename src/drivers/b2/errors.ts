import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  type ErrorContext,
  InvalidCredentialsError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  type Retry,
  type StorageError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
  UnsupportedOperationError,
} from '../errors.js';
import { actionWithPlace, BODY_LIMIT, denied, refused, type Subject } from '../http/refusal.js';
import type { Failure } from './failure.js';

export const B2 = 'backblaze_b2';

/** What a call was about, for its errors. */
export interface B2Subject extends Subject {
  /** Whether content was sent, whose digest B2 compares. */
  readonly sendsContent?: true;
}

export const NO_RIGHT =
  'this application key has no right to do that: look at its capabilities, buckets and name prefix (b2 key list --long)';
/** Caps are reset at midnight GMT: https://www.backblaze.com/docs/cloud-storage-data-caps-and-alerts */
const CAP_ADVICE =
  'the account’s owner has set this cap: raise it under Caps & Alerts, or wait for 00:00 GMT';
const CAP_RETRY_MS = 3_600_000;

const UNAVAILABLE = new Set([502, 504, 520, 521, 522, 523, 524, 530]);
const PASSING = new Set([408, 409, 499]);
/** Of a file that is not there, or is hidden already. */
const NO_FILE = new Set(['no_such_file', 'file_not_present', 'already_hidden']);

/** What B2 means by a code, whatever the status. Undefined: the status says more. */
function byCode(
  { code }: Failure,
  subject: B2Subject,
  message: string,
  context: ErrorContext,
): StorageError | undefined {
  const { container = '', key } = subject;
  if (code === 'bad_bucket_id') return new ContainerDoesNotExistError(container, context);
  if (code === 'duplicate_bucket_name') return new ContainerAlreadyExistsError(container, context);
  if (code === 'cannot_delete_non_empty_bucket')
    return new ContainerIsNotEmptyError(container, context);
  if (NO_FILE.has(code) && key !== undefined) return new ObjectDoesNotExistError(key, context);
  if (code === 'storage_cap_exceeded')
    return new TargetFullError(`${message}; ${CAP_ADVICE}`, context);
  if (code.endsWith('cap_exceeded'))
    return new TargetUnavailableError(`${message}; ${CAP_ADVICE}`, {
      ...context,
      retry: { afterMs: CAP_RETRY_MS },
    });
  return undefined;
}

/** The provider's refusal as one of ours. `mended`: the reason is gone, so the next try will do better. */
export function toStorageError(failure: Failure, subject: B2Subject, mended = false): StorageError {
  const { status, code } = failure;
  const context: ErrorContext = { driver: B2 };
  const message = messageOf(failure, subject);
  if (mended) return refused(subject, message, { ...context, retry: { afterMs: 0 } });
  return byCode(failure, subject, message, context) ?? byStatus(failure, subject, message, context);

  function byStatus(
    { retryAfterMs }: Failure,
    { container, key, sendsContent }: B2Subject,
    message: string,
    context: ErrorContext,
  ): StorageError {
    const again: Retry = retryAfterMs === undefined ? 'backoff' : { afterMs: retryAfterMs };
    if (status === 404 && key !== undefined) return new ObjectDoesNotExistError(key, context);
    if (status === 404 && container !== undefined)
      return new ContainerDoesNotExistError(container, context);
    if (status === 403 || code === 'unauthorized')
      return denied(subject, message, NO_RIGHT, context);
    // Of an upload the address has ended, which says nothing of the account: the next one goes to another address.
    if (status === 401 && sendsContent)
      return refused(subject, message, { ...context, retry: 'backoff' });
    if (status === 401)
      return new InvalidCredentialsError(`${message}; check key and secret`, context);
    // Names, metadata and lengths were looked at before the request: what is left is the digest, for which B2 has no code.
    if (status === 400 && sendsContent && key !== undefined)
      return new ObjectHashMismatchError(key, 'that of the bytes sent', `another (${message})`, {
        ...context,
        retry: 'backoff',
      });
    if (status === 413) return refused(subject, `${message}; ${BODY_LIMIT}`, context);
    // A storage pod that is busy is no sign to send less: the next upload goes to another one.
    if (sendsContent && status >= 500)
      return refused(subject, message, { ...context, retry: again });
    if (status === 429 || status === 503)
      return new ThrottledError(message, { ...context, retry: again });
    if (UNAVAILABLE.has(status))
      return new TargetUnavailableError(message, { ...context, retry: again });
    if (status === 405 || status === 501) return new UnsupportedOperationError(message, context);
    const passes = status >= 500 || PASSING.has(status);
    return refused(subject, message, passes ? { ...context, retry: again } : context);
  }
}

function messageOf({ status, code, message }: Failure, subject: B2Subject): string {
  const said = [code, message].filter((text) => text !== '').join(': ');
  return `${actionWithPlace(subject)}: the provider answered ${status}${said === '' ? '' : ` ${said}`}`;
}
