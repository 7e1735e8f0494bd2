import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  type ErrorContext,
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  ObjectInTheWayError,
  PreconditionFailedError,
  type Retry,
  StorageError,
  TargetFullError,
  TargetUnavailableError,
} from '../errors.js';
import { type Failure, FULL, GONE } from './failure.js';

const FAILED: ErrorContext = { driver: 'local' };

/** The error that callers of the driver see. `key` is the object that was asked for, where there is one. */
export function toStorageError(failure: Failure, key?: string): StorageError {
  switch (failure.kind) {
    case 'unavailable':
      return new TargetUnavailableError(failure.problem, { ...FAILED, retry: 'backoff' });
    case 'bad-container-name':
      return new InvalidContainerNameError(failure.container, failure.rule, FAILED);
    case 'no-container':
      return new ContainerDoesNotExistError(failure.container, FAILED);
    case 'container-exists':
      return new ContainerAlreadyExistsError(failure.container, FAILED);
    case 'container-not-empty':
      return new ContainerIsNotEmptyError(failure.container, FAILED);
    case 'bad-object-name':
      return new InvalidObjectNameError(failure.key, failure.rule, FAILED);
    case 'in-the-way':
      return new ObjectInTheWayError(failure.key, failure.obstacle, FAILED);
    case 'no-object':
      return new ObjectDoesNotExistError(failure.key, FAILED);
    case 'precondition':
      return new PreconditionFailedError(failure.key, failure.problem, FAILED);
    case 'hash':
      return new ObjectHashMismatchError(failure.key, failure.expected, failure.actual, FAILED);
    case 'unstable':
      return new ObjectError(failure.key, failure.problem, { ...FAILED, retry: 'backoff' });
    case 'system':
      return systemError(failure, key);
    case 'unexpected': {
      const cause = Object.assign(
        new Error(failure.message),
        failure.stack === undefined ? {} : { stack: failure.stack },
      );
      return new StorageError(`unexpected failure: ${failure.message}`, { ...FAILED, cause });
    }
  }
}

interface Advice {
  readonly problem: string;
  readonly retry: Retry;
}

const ADVICE: Readonly<Record<string, Advice>> = {
  ENOSPC: {
    problem: 'no space is left on the file system; free some, or move the root to a larger one',
    retry: 'never',
  },
  EDQUOT: {
    problem: 'the disk quota is used up; free some space, or raise the quota',
    retry: 'never',
  },
  EROFS: {
    problem:
      'the file system is mounted read-only; mount it writable (the kernel log says whether a fault caused it)',
    retry: 'backoff',
  },
  EIO: {
    problem:
      'the device failed to read or write; look at the kernel log and at the health of the disk',
    retry: 'backoff',
  },
  EMFILE: {
    problem: 'this process has too many open files; raise its limit (ulimit -n, LimitNOFILE=)',
    retry: 'backoff',
  },
  ENFILE: { problem: 'the system has too many open files', retry: 'backoff' },
  ENOMEM: { problem: 'the system is out of memory', retry: 'backoff' },
  EBUSY: { problem: 'it is in use', retry: 'backoff' },
  EACCES: {
    problem: 'our user may not do that; give it the rights to the folder, or run as its owner',
    retry: 'never',
  },
  EPERM: {
    problem: 'the system forbids it (owner, mount option or an immutable file)',
    retry: 'never',
  },
  EFBIG: {
    problem: 'the file system, or a resource limit, allows no file of this size',
    retry: 'never',
  },
};

/** The file system takes no such name, whatever is done: vfat refuses `a:b`, an encrypted one long names. */
const REFUSED_NAMES = new Set(['ENAMETOOLONG', 'EILSEQ', 'EINVAL']);

function systemError(
  { code, call, path, ofDescriptor, message }: Failure & { kind: 'system' },
  key: string | undefined,
): StorageError {
  const cause = Object.assign(new Error(message), { code });
  if (GONE.has(code))
    return new TargetUnavailableError(
      `${call} "${path}" failed: the file system is gone (${code})`,
      {
        ...FAILED,
        retry: 'backoff',
        cause,
      },
    );
  if (key !== undefined && !ofDescriptor && REFUSED_NAMES.has(code)) {
    return new InvalidObjectNameError(key, `this file system refuses it (${call}: ${code})`, {
      ...FAILED,
      cause,
    });
  }
  const advice = ADVICE[code];
  const problem = advice ? `${advice.problem} (${code})` : message;
  if (FULL.has(code))
    return new TargetFullError(`${call} "${path}" failed: ${problem}`, { ...FAILED, cause });
  return new StorageError(`${call} "${path}" failed: ${problem}`, {
    ...FAILED,
    retry: advice?.retry ?? 'never',
    cause,
  });
}
