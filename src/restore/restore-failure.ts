import { mayBeArchived } from '../drivers/archive-classes.js';
import {
  ContainerAccessDeniedError,
  ObjectAccessDeniedError,
  ObjectChangedError,
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  ObjectIncompleteError,
  StorageError,
} from '../drivers/errors.js';
import { classify } from '../sync/failure.js';

/** Why an object was not restored; a part of the JSON output. */
export type RestoreProblem =
  /** No path below the folder can have its name, or another name differs from it only in case. */
  | 'name'
  /** Another content is there, and `overwrite` says that it stays. */
  | 'exists'
  /** A folder, a link or a special file is where the file, or a folder above it, belongs. */
  | 'blocked'
  /** Its bytes are not what they should be. */
  | 'damaged'
  /** Its storage class has to be thawed before it can be read. */
  | 'archived'
  | 'access-denied'
  /** It was listed, and is not there any more. */
  | 'vanished'
  /** It was replaced whenever it was read. */
  | 'changed'
  /** The disk, or the quota, of the folder is full. */
  | 'no-space'
  /** The folder may not be written to. */
  | 'permission'
  /** Its content is there; its time, mode or owner could not be set. */
  | 'attributes'
  | 'failing';

/** One object cannot be restored; the others go on. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly problem: RestoreProblem;

  constructor(problem: RestoreProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

const DENIED = ['permission', 'it may not be written there by this user'] as const;
const NAME = ['name', 'this file system cannot hold its name'] as const;
const BLOCKED = [
  'blocked',
  'something else is at its path, or where a folder of it belongs',
] as const;

/** What errors of the system mean for one object, by their codes. */
const SYSTEM_PROBLEMS: Readonly<Record<string, readonly [RestoreProblem, string]>> = {
  ENOSPC: ['no-space', 'the disk is full'],
  EDQUOT: ['no-space', 'the quota on the disk is used up'],
  EFBIG: ['no-space', 'it is larger than a file may be on this file system'],
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: ['permission', 'the file system is read-only'],
  ENAMETOOLONG: ['name', 'its name is longer than this file system can hold'],
  EILSEQ: NAME,
  EISDIR: BLOCKED,
  ENOTDIR: BLOCKED,
  ELOOP: BLOCKED,
};

/** Calls that refuse a name with EINVAL, as vfat does for one with a colon. */
const NAMING = new Set(['open', 'mkdir', 'link', 'rename', 'symlink']);

/** Why one object was not restored, with the error that says so. */
export interface ObjectProblem {
  readonly problem: RestoreProblem;
  readonly error: Error;
}

/** What kept one object from being restored. Undefined: trouble that every other object would meet too. */
export function problemOf(error: unknown, container: string): ObjectProblem | undefined {
  if (error instanceof RestoreError) return { problem: error.problem, error };
  if (error instanceof StorageError) {
    const problem = storageProblem(error, container);
    return problem && { problem, error };
  }
  return error instanceof Error ? systemProblem(error) : undefined;
}

/** In the user's words: the system's message names paths of open folders (folder-tree.ts). */
function systemProblem(error: NodeJS.ErrnoException): ObjectProblem | undefined {
  const { code, syscall = '' } = error;
  if (typeof code !== 'string') return undefined;
  const isName = code === 'EINVAL' && NAMING.has(syscall);
  const known = isName ? NAME : SYSTEM_PROBLEMS[code];
  if (known === undefined) return { problem: 'failing', error };
  const [problem, text] = known;
  return { problem, error: new RestoreError(problem, `${text} (${code})`) };
}

function storageProblem(error: StorageError, container: string): RestoreProblem | undefined {
  if (error instanceof ObjectHashMismatchError || error instanceof ObjectIncompleteError)
    return 'damaged';
  if (error instanceof ObjectDoesNotExistError) return 'vanished';
  if (error instanceof ObjectChangedError) return 'changed';
  // A policy may forbid some objects of a container that was listed.
  if (error instanceof ObjectAccessDeniedError || error instanceof ContainerAccessDeniedError)
    return 'access-denied';
  const { kind } = classify(error, container);
  return kind === 'target' || kind === 'mirror' ? undefined : 'failing';
}

/** Whether a refusal to read means that the object has to be thawed first: S3 answers 403 then, Azure 409. */
export function isArchived(error: unknown, storageClass: unknown): boolean {
  if (!(error instanceof ObjectError) || !mayBeArchived(storageClass)) return false;
  const isDenied = error instanceof ObjectAccessDeniedError;
  return error.status === 409 || (error.status === 403 && !isDenied);
}
