import { getSystemErrorName } from 'node:util';
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

/** What a worker thread says went wrong: plain values, as error classes do not survive the way between threads. */
export type Failure =
  | { readonly kind: 'unavailable'; readonly problem: string }
  | { readonly kind: 'bad-container-name'; readonly container: string; readonly rule: string }
  | { readonly kind: 'no-container'; readonly container: string }
  | { readonly kind: 'container-exists'; readonly container: string }
  | { readonly kind: 'container-not-empty'; readonly container: string }
  | { readonly kind: 'bad-object-name'; readonly key: string; readonly rule: string }
  /** Another object or thing has the place that this name needs. */
  | { readonly kind: 'in-the-way'; readonly key: string; readonly obstacle: string }
  | { readonly kind: 'no-object'; readonly key: string }
  | { readonly kind: 'precondition'; readonly key: string; readonly problem: string }
  | {
      readonly kind: 'hash';
      readonly key: string;
      readonly expected: string;
      readonly actual: string;
    }
  | { readonly kind: 'unstable'; readonly key: string; readonly problem: string }
  | {
      readonly kind: 'system';
      readonly code: string;
      readonly call: string;
      readonly path: string;
      /** The call had no path, but a descriptor, so that it says nothing about a name. */
      readonly ofDescriptor: boolean;
      readonly message: string;
    }
  | { readonly kind: 'unexpected'; readonly message: string; readonly stack: string | undefined };

/** Thrown inside the worker thread. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

export function toFailure(error: unknown): Failure {
  if (error instanceof Refusal) return error.failure;
  if (!(error instanceof Error))
    return { kind: 'unexpected', message: String(error), stack: undefined };
  const { syscall = 'call', path = '', dest, onDescriptor } = error as SystemError;
  const code = codeOf(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code))
    return { kind: 'unexpected', message: error.message, stack: error.stack };
  const ofDescriptor = onDescriptor === true || path === '';
  return {
    kind: 'system',
    code,
    call: syscall,
    path: dest ?? path,
    ofDescriptor,
    message: error.message,
  };
}

/** Such as ENOENT. lmdb gives the number instead; its own complaints are negative ones and none of these. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = (error as { readonly code?: unknown } | undefined)?.code;
  if (typeof code === 'number' && code > 0) return getSystemErrorName(-code);
  return typeof code === 'string' ? code : undefined;
}

type SystemError = NodeJS.ErrnoException & {
  readonly dest?: string;
  readonly onDescriptor?: boolean;
};

/** The error of a call on a descriptor, with the path of its file, as errors of calls on paths have it. Others as they come. */
export function withPath(path: string, error: unknown): unknown {
  const isPlain =
    error instanceof Error &&
    codeOf(error) !== undefined &&
    (error as SystemError).path === undefined;
  return isPlain ? Object.assign(error, { path, onDescriptor: true }) : error;
}

/** Runs calls on a descriptor of the file. */
export function onFile<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw withPath(path, error);
  }
}

/** There is no room for more. */
export const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

export function isFull(error: unknown): boolean {
  return FULL.has(codeOf(error) ?? '');
}

/** The file system behind the root does not answer any more, rather than one of its files. */
export const GONE: ReadonlySet<string> = new Set([
  'ENOTCONN',
  'ESTALE',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ENXIO',
  'ENODEV',
  'ESHUTDOWN',
]);

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
