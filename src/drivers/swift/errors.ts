import {
  ContainerDoesNotExistError,
  type ErrorContext,
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  ObjectIncompleteError,
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
import type { Failure } from '../http/text-failure.js';

export const SWIFT = 'swift';

/** What a call was about, for its errors. */
export interface SwiftSubject extends Subject {
  /** Whether 404 speaks of the container although the call is about an object: one is put into it. */
  readonly needsContainer?: boolean;
  /** Whether the content of an object is read. */
  readonly readsContent?: true;
  /** The key of the object that a condition of the request is about. */
  readonly condition?: string;
}

/** 498 is what Swift's ratelimit middleware answers (swift/common/middleware/ratelimit.py). */
const THROTTLED = new Set([429, 498, 503]);
const UNAVAILABLE = new Set([502, 504, 520, 521, 522, 523, 524, 530]);
const PASSING = new Set([408, 409, 499]);
const NO_RIGHT =
  "this user has no right to do that: check the project, the user's roles and the container's access control list";

/** The provider's refusal as one of ours, decided by its status. `mended`: the reason is gone, so the next try will do better. */
export function toStorageError(
  failure: Failure,
  subject: SwiftSubject,
  mended = false,
): StorageError {
  const { status, requestId } = failure;
  const { container = '', key } = subject;
  const context: ErrorContext = { driver: SWIFT, ...(requestId !== undefined && { requestId }) };
  const message = messageOf(failure, subject);
  const again: Retry =
    failure.retryAfterMs === undefined ? 'backoff' : { afterMs: failure.retryAfterMs };
  if (mended) return refused(subject, message, { ...context, retry: { afterMs: 0 } });
  if (status === 404 && subject.container !== undefined) {
    return key === undefined || subject.needsContainer
      ? new ContainerDoesNotExistError(container, context)
      : new ObjectDoesNotExistError(key, context);
  }
  if (status === 403) return denied(subject, message, NO_RIGHT, context);
  if (status === 401)
    return new InvalidCredentialsError(`${message}; check key, secret and project`, context);
  if (status === 412 && subject.condition !== undefined)
    return new PreconditionFailedError(
      subject.condition,
      'is not what the condition says',
      context,
    );
  if (status === 412 && key !== undefined) return new InvalidObjectNameError(key, message, context);
  if (status === 422 && key !== undefined)
    return new ObjectHashMismatchError(key, 'that of the bytes sent', `another (${message})`, {
      ...context,
      retry: 'backoff',
    });
  // docs.openstack.org/swift, "Static Large Objects": a segment is missing, or another one than the manifest says.
  if (status === 409 && key !== undefined && subject.readsContent)
    return new ObjectIncompleteError(key, message, context);
  if (isFull(failure, subject)) return new TargetFullError(message, context);
  if (status === 413) return refused(subject, `${message}; ${BODY_LIMIT}`, context);
  if (THROTTLED.has(status)) return new ThrottledError(message, { ...context, retry: again });
  if (UNAVAILABLE.has(status))
    return new TargetUnavailableError(message, { ...context, retry: again });
  if (status === 405 || status === 501) return new UnsupportedOperationError(message, context);
  return refused(
    subject,
    message,
    status >= 500 || PASSING.has(status) ? { ...context, retry: again } : context,
  );
}

/** 507: every disk that should hold it is full or unmounted. 413 is the answer to an object that is too large, too. */
function isFull({ status, message }: Failure, subject: Subject): boolean {
  return status === 507 || (status === 413 && meansQuota(subject, message));
}

function messageOf({ status, message }: Failure, subject: Subject): string {
  return `${actionWithPlace(subject)}: the provider answered ${status}${message === '' ? '' : ` ${message}`}`;
}
