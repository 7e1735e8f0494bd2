import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  type ContainerError,
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  ObjectInTheWayError,
  ObjectTooLargeError,
  PreconditionFailedError,
  SourceChangedError,
  StorageError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../drivers/errors.js';
import { JobFencedError, LeaseLostError, LeaseUnavailableError } from '../lease/errors.js';
import { SourceSilentError } from '../silent-source.js';
import { StateError } from '../state/errors.js';
import { TargetDeniedError } from './denial.js';
import type { SkipReason } from './events.js';
import { FileChangedError, FileUnreadableError } from './file-errors.js';

/** What about an object went wrong, for people and for who counts. */
export type FailureClass =
  /** The file may not be read by this user. */
  | 'permission'
  /** It cannot be read at all (an I/O error, …). */
  | 'unreadable'
  /** The provider cannot hold an object of this name, or holds another one in its way. */
  | 'name'
  | 'too-large'
  /** The file is written to whenever it is looked at. */
  | 'busy'
  /** The provider confirms other bytes than were sent. */
  | 'hash-mismatch'
  /** The account has no right to do that to this object. */
  | 'access-denied'
  /** The provider no longer has what the work rests on: an object to copy from, an unfinished upload. */
  | 'vanished'
  /** The provider says that trying again is of no use. */
  | 'refused'
  /** Any other trouble that may pass. */
  | 'failing';

/** What kind of trouble an attempt met, and so what becomes of its job. */
export type Failure =
  /** The target's: every job would meet it. The attempt does not count. */
  | { readonly kind: 'target' }
  /** The target has no room: the object waits for some. The attempt does not count. */
  | { readonly kind: 'full' }
  /**
   * The container's, the lease's (another process writes to the mirror's root), or the state's: every job of the mirror
   * would meet it, and no job of another mirror.
   */
  | { readonly kind: 'mirror' }
  /** The file did not hold still. It is looked at again when it may be quiet. */
  | { readonly kind: 'busy'; readonly class: 'busy' }
  /** Nothing but a change of the file, or of its name, helps: the file is skipped for this reason. */
  | { readonly kind: 'unsuitable'; readonly class: FailureClass; readonly reason: SkipReason }
  /** This object's. Tried again, each time later. */
  | {
      readonly kind: 'object';
      readonly class: FailureClass;
      readonly hopeless: boolean;
      readonly afterMs: number;
    };

/** What concerns one object alone. */
export type ObjectFailure = Exclude<Failure, { readonly kind: 'target' | 'full' | 'mirror' }>;

/** Each would be met by every job. Throttling is one when it outlasts the tries of a request. */
const TARGET_TROUBLE = [TargetUnavailableError, InvalidCredentialsError, ThrottledError];
const MIRROR_TROUBLE = [
  LeaseLostError,
  LeaseUnavailableError,
  JobFencedError,
  TargetDeniedError,
  StateError,
];
const FORBIDDEN = new Set(['EACCES', 'EPERM']);

/** `container`: the mirror's own. That another one is missing, or closed (Swift's of segments), concerns the object. */
export function classify(error: unknown, container: string): Failure {
  if (TARGET_TROUBLE.some((kind) => error instanceof kind)) return { kind: 'target' };
  if (error instanceof TargetFullError) return { kind: 'full' };
  if (isMirrorTrouble(error) || isContainerTrouble(error, container)) return { kind: 'mirror' };
  if (error instanceof FileChangedError || error instanceof SourceChangedError)
    return { kind: 'busy', class: 'busy' };
  if (error instanceof FileUnreadableError) {
    return {
      kind: 'unsuitable',
      class: FORBIDDEN.has(error.code) ? 'permission' : 'unreadable',
      reason: 'unreadable',
    };
  }
  // The other object may be on its way out: it is worth more tries.
  if (error instanceof ObjectInTheWayError)
    return { kind: 'object', class: 'name', hopeless: false, afterMs: 0 };
  if (error instanceof InvalidObjectNameError)
    return { kind: 'unsuitable', class: 'name', reason: 'name-refused' };
  const retry = error instanceof StorageError && !isLostRace(error) ? error.retry : 'backoff';
  return {
    kind: 'object',
    class: classOf(error, retry === 'never'),
    hopeless: retry === 'never',
    afterMs: typeof retry === 'object' ? retry.afterMs : 0,
  };
}

/** What every job of a mirror would meet, and none of another one, whatever its container. */
export function isMirrorTrouble(error: unknown): error is Error {
  return MIRROR_TROUBLE.some((kind) => error instanceof kind);
}

/** Another writer was faster, or it was our own put whose response was lost: the next attempt finds out which. */
function isLostRace(error: StorageError): boolean {
  return error instanceof PreconditionFailedError;
}

/** Whether this container is missing or denied, while the target works. */
export function isContainerTrouble(error: unknown, container: string): error is ContainerError {
  return (
    (error instanceof ContainerDoesNotExistError || error instanceof ContainerAccessDeniedError) &&
    error.containerName === container
  );
}

function classOf(error: unknown, hopeless: boolean): FailureClass {
  if (error instanceof ObjectHashMismatchError) return 'hash-mismatch';
  if (error instanceof ObjectTooLargeError) return 'too-large';
  if (error instanceof SourceSilentError) return 'unreadable';
  if (error instanceof ObjectAccessDeniedError) return 'access-denied';
  if (error instanceof ObjectDoesNotExistError) return 'vanished';
  return hopeless ? 'refused' : 'failing';
}

/** How a run reports an object of this class: skipped for a reason, or (undefined) failed. */
export function skipReasonOf(failureClass: string): SkipReason | undefined {
  if (failureClass === 'permission' || failureClass === 'unreadable') return 'unreadable';
  return failureClass === 'name' ? 'name-refused' : undefined;
}
