/** When the same call is worth another try. The driver decides: only it knows its provider. */
export type Retry = 'never' | 'backoff' | { readonly afterMs: number };

export interface ErrorContext {
  /** The driver's name, never the driver itself: errors end up in logs, drivers hold secrets. */
  readonly driver: string;
  readonly retry?: Retry;
  readonly cause?: unknown;
  /** The provider's own id of the failed request (`x-amz-request-id`, `x-trans-id`), for its support desk. */
  readonly requestId?: string;
  /** The HTTP status of the provider's answer, where the error is one. */
  readonly status?: number;
}

/** Root of everything a driver rejects with; Libcloud's LibcloudError. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly driver: string;
  readonly retry: Retry;
  readonly requestId: string | undefined;
  readonly status: number | undefined;

  constructor(
    message: string,
    { driver, retry = 'never', cause, requestId, status }: ErrorContext,
  ) {
    super(
      requestId === undefined ? message : `${message} (request ${requestId})`,
      cause === undefined ? undefined : { cause },
    );
    this.driver = driver;
    this.retry = retry;
    this.requestId = requestId;
    this.status = status;
  }
}

export class ContainerError extends StorageError {
  override readonly name: string = 'ContainerError';
  readonly containerName: string;

  constructor(containerName: string, problem: string, context: ErrorContext) {
    super(`container "${containerName}" ${problem}`, context);
    this.containerName = containerName;
  }
}

export class ContainerAlreadyExistsError extends ContainerError {
  override readonly name = 'ContainerAlreadyExistsError';
  constructor(containerName: string, context: ErrorContext) {
    super(containerName, 'already exists', context);
  }
}

export class ContainerDoesNotExistError extends ContainerError {
  override readonly name = 'ContainerDoesNotExistError';
  constructor(containerName: string, context: ErrorContext) {
    super(containerName, 'does not exist', context);
  }
}

export class ContainerIsNotEmptyError extends ContainerError {
  override readonly name = 'ContainerIsNotEmptyError';
  constructor(containerName: string, context: ErrorContext) {
    super(containerName, 'is not empty', context);
  }
}

export class InvalidContainerNameError extends ContainerError {
  override readonly name = 'InvalidContainerNameError';
  constructor(containerName: string, rule: string, context: ErrorContext) {
    super(containerName, `is not a valid name: ${rule}`, context);
  }
}

export class ObjectError extends StorageError {
  override readonly name: string = 'ObjectError';
  readonly objectName: string;

  constructor(objectName: string, problem: string, context: ErrorContext) {
    super(`object "${objectName}" ${problem}`, context);
    this.objectName = objectName;
  }
}

export class ObjectDoesNotExistError extends ObjectError {
  override readonly name = 'ObjectDoesNotExistError';
  constructor(objectName: string, context: ErrorContext) {
    super(objectName, 'does not exist', context);
  }
}

/** What the provider confirmed is not what was sent (or what was received is not what the provider holds). Both digests are hex. */
export class ObjectHashMismatchError extends ObjectError {
  override readonly name = 'ObjectHashMismatchError';
  constructor(objectName: string, expected: string, actual: string, context: ErrorContext) {
    super(objectName, `has hash ${actual}, expected ${expected}`, { retry: 'backoff', ...context });
  }
}

/** The provider cannot hold an object of this name; `rule` says why. Never retried: only a rename helps. */
export class InvalidObjectNameError extends ObjectError {
  override readonly name = 'InvalidObjectNameError';
  constructor(objectName: string, rule: string, context: ErrorContext) {
    super(objectName, `cannot be stored under this name: ${rule}`, context);
  }
}

/** More bytes than the provider, or the way they are sent, allows. Never retried: only a smaller file helps. */
export class ObjectTooLargeError extends ObjectError {
  override readonly name = 'ObjectTooLargeError';
}

/**
 * Another object is an obstacle: a store that keeps objects as files cannot hold both `a` and `a/b`. Once the other
 * is gone, the same call succeeds.
 */
export class ObjectInTheWayError extends InvalidObjectNameError {}

/**
 * The file that was being sent changed under the reader: nothing of it was kept. The same call would fail again; to
 * send the new content, stat the file again.
 */
export class SourceChangedError extends ObjectError {
  override readonly name = 'SourceChangedError';
}

/** The object is not the one that a reader asked for: it was replaced since it was listed or looked up. No byte of it was given. */
export class ObjectChangedError extends ObjectError {
  override readonly name = 'ObjectChangedError';
  constructor(objectName: string, expected: string, actual: string, context: ErrorContext) {
    super(objectName, `was replaced meanwhile: it has ${actual}, not ${expected}`, context);
  }
}

/**
 * The provider has lost, or finds damaged, something that it makes the object of, such as one of Swift's segments. It may also
 * be so new that not all replicas have it yet.
 */
export class ObjectIncompleteError extends ObjectError {
  override readonly name = 'ObjectIncompleteError';
  constructor(objectName: string, answer: string, context: ErrorContext) {
    super(objectName, `is incomplete at the provider: ${answer}`, { retry: 'backoff', ...context });
  }
}

/** A conditional put lost the race: another writer's object is there. */
export class PreconditionFailedError extends ObjectError {
  override readonly name = 'PreconditionFailedError';
}

/**
 * The provider began a listing elsewhere than at the key that was asked for, so keys may be missing from such listings, or gave all
 * of an object instead of a range. The whole container can be listed, one page after the other, and the whole object read.
 */
export class RangeIgnoredError extends StorageError {
  override readonly name = 'RangeIgnoredError';
}

/** The provider lacks the operation, or the option; an option is refused, never ignored. */
export class UnsupportedOperationError extends StorageError {
  override readonly name = 'UnsupportedOperationError';
}

/**
 * The provider knows these credentials, and they may not do this to this object: a policy says so of its name, it is
 * locked, or nothing may be deleted at all. What they may do to another object is another matter.
 */
export class ObjectAccessDeniedError extends ObjectError {
  override readonly name = 'ObjectAccessDeniedError';
}

/** The provider accepts these credentials, but they may not read, list or change this container. Stops the mirrors that are bound to it. */
export class ContainerAccessDeniedError extends ContainerError {
  override readonly name = 'ContainerAccessDeniedError';
}

/** Wrong, expired or insufficient credentials. Stops the mirror, not only the job. Libcloud's InvalidCredsError. */
export class InvalidCredentialsError extends StorageError {
  override readonly name = 'InvalidCredentialsError';
}

/** The provider asks for less (429, 503, SlowDown). The target's concurrency shrinks. Libcloud's RateLimitReachedError. */
export class ThrottledError extends StorageError {
  override readonly name = 'ThrottledError';
}

/** The provider cannot be reached or answers nothing useful: a fault of the target, not of one object. Its queue pauses and the target is probed. */
export class TargetUnavailableError extends StorageError {
  override readonly name = 'TargetUnavailableError';
}

/**
 * The answer lacks what this operation's answer must carry, so it proves nothing: a captive portal, a proxy or another
 * server gave it. Whether the provider received the request is unknown.
 */
export class UnprovenAnswerError extends TargetUnavailableError {}

/**
 * The target has no room: its disk is full, or a quota is used up. A condition of the target, not of one object; deletes go
 * through, and so may smaller objects. Not retried with the request: room comes from elsewhere.
 */
export class TargetFullError extends StorageError {
  override readonly name = 'TargetFullError';
}
