import { getSystemErrorName } from 'node:util';

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
