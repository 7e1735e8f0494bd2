import type { RelativePath } from './entry.js';

/** Why something in the source is not mirrored. Each is also a SkipReason of sync's events. */
export type ProblemReason =
  | 'unreadable'
  | 'special-file'
  | 'name-not-utf8'
  | 'name-too-long'
  | 'name-clash'
  | 'name-refused'
  | 'link-skipped'
  | 'link-dangling'
  | 'link-loop'
  | 'link-outside'
  | 'other-file-system'
  /** A file system that was mounted on this folder is not, or another one is. */
  | 'not-mounted'
  /** A line of an ignore file that is malformed. */
  | 'pattern-malformed';

/** A path that a walk could not, or may not, return as an entry. The walk continues. */
export interface WalkProblem {
  readonly kind: 'problem';
  /** For a name that is not UTF-8: a printable form, with each byte that does not fit as `\xNN`. */
  readonly path: RelativePath;
  readonly reason: ProblemReason;
  /** For people: what is wrong, and how to fix it. */
  readonly detail: string;
  /** Where the walk is no evidence of absence because of this, so nothing may be deleted there. */
  readonly hides: Hides;
  /** A file exists and has content, but cannot be mirrored under its name. */
  readonly inode?: bigint;
  /** It may be over soon, without an event: worth a retry in a moment. */
  readonly transient?: true;
}

/** `nothing`: what is at the path is certain. `below`: the path itself is known, what used to be below it is not. */
export type Hides = 'nothing' | 'below' | 'path-and-below';

export function problem(
  path: RelativePath,
  reason: ProblemReason,
  detail: string,
  hides: Hides,
  inode?: bigint,
): WalkProblem {
  return { kind: 'problem', path, reason, detail, hides, ...(inode !== undefined && { inode }) };
}

/** What the operating system's refusal to look at or to read `path` amounts to. Any other error is thrown on. */
export function refusal(path: RelativePath, error: unknown): WalkProblem {
  const code = errorCode(error);
  if (code === undefined) throw error;
  if (code === 'ENAMETOOLONG') {
    const detail =
      'its path is longer than the operating system can open; move it nearer to the top or shorten its folders';
    return problem(path, 'name-too-long', detail, 'path-and-below');
  }
  if (code === 'ELOOP')
    return problem(path, 'link-loop', 'its links lead in a circle', 'path-and-below');
  return unreadable(path, explain(error), error);
}

/** That something cannot be read because of an error; transient unless the error is one of rights. */
export function unreadable(path: RelativePath, detail: string, error: unknown): WalkProblem {
  const found = problem(path, 'unreadable', detail, 'path-and-below');
  return isForbidden(error) ? found : { ...found, transient: true };
}

/** Whether the system does not let us. */
export function isForbidden(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}

/** What an error of the file system means to a person, and what helps. */
export function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const advice = ADVICE[errorCode(error) ?? ''];
  return advice === undefined ? message : `${message}: ${advice}`;
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'give the user that runs longshore the right to read it',
  EPERM: 'give the user that runs longshore the right to read it',
  EIO: 'the disk or the network file system under it fails',
  ESTALE: 'the network file system has lost it; mount it again',
  EMFILE: 'raise the limit of open files (LimitNOFILE in the unit, or ulimit -n)',
};

/** The operating system's name of an error (`ENOENT`); undefined when it is not one of its. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error &&
    'syscall' in error &&
    'code' in error &&
    typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Whether an error says that there is nothing under the name: it went away, or a folder above it did. */
export function isAbsence(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
