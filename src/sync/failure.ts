import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  type ContainerError,
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectAccessDeniedError,
  ObjectHashMismatchError,
  ObjectInTheWayError,
  SourceChangedError,
  StorageError,
  TargetUnavailableError,
} from '../drivers/errors.js';
import type { SkipReason } from './events.js';
import { FileChangedError, FileUnreadableError } from './file-errors.js';

/** What kind of trouble an attempt met, and so what becomes of its job. */
export type Failure =
  /** The target's: every job would meet it. The attempt does not count. */
  | { readonly kind: 'target' }
  /** The container's: every job of its mirrors would meet it, and no others. */
  | { readonly kind: 'container' }
  /** The file did not hold still. It is looked at again when it may be quiet. */
  | { readonly kind: 'busy' }
  /** Nothing but a change of the file, or of its name, helps; reported, and looked at again by the next scan. */
  | { readonly kind: 'unsuitable'; readonly reason: SkipReason; readonly detail: string }
  /** This object's. Tried again, each time later. */
  | { readonly kind: 'object'; readonly reason: string; readonly hopeless: boolean; readonly afterMs: number };

/** `container`: the mirror's own. That another one is missing, or closed (Swift's of segments), concerns the object. */
export function classify(error: unknown, container: string): Failure {
  if (error instanceof TargetUnavailableError || error instanceof InvalidCredentialsError) return { kind: 'target' };
  if (isContainerTrouble(error, container)) return { kind: 'container' };
  if (error instanceof FileChangedError || error instanceof SourceChangedError) return { kind: 'busy' };
  if (error instanceof FileUnreadableError) return { kind: 'unsuitable', reason: 'unreadable', detail: error.message };
  // The other object may be on its way out: it is worth more tries.
  if (error instanceof ObjectInTheWayError) return { kind: 'object', reason: 'name-clash', hopeless: false, afterMs: 0 };
  if (error instanceof InvalidObjectNameError) return { kind: 'unsuitable', reason: 'name-refused', detail: error.message };
  const retry = error instanceof StorageError ? error.retry : 'backoff';
  return {
    kind: 'object',
    reason: reasonOf(error),
    hopeless: retry === 'never',
    afterMs: typeof retry === 'object' ? retry.afterMs : 0,
  };
}

/** Whether a container is gone or may not be used, with which nothing but that container is amiss. */
export function isContainerTrouble(error: unknown, container: string): error is ContainerError {
  return (error instanceof ContainerDoesNotExistError || error instanceof ContainerAccessDeniedError) && error.containerName === container;
}

function reasonOf(error: unknown): string {
  if (error instanceof ObjectHashMismatchError) return 'hash-mismatch';
  if (error instanceof ObjectAccessDeniedError) return 'access-denied';
  return error instanceof Error ? error.name : 'unknown';
}
