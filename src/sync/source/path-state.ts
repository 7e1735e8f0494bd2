import type { LocalEntry } from '../../watcher/entry.js';
import type { WalkProblem } from '../../watcher/problem.js';
import type { Found } from '../../watcher/stat-entry.js';
import type { SkipReason } from '../events.js';

/** What is at one path of the source right now. */
export type PathState =
  | { readonly found: 'entry'; readonly entry: LocalEntry }
  /** `entry`: its own, where the mirror keeps folders. */
  | { readonly found: 'folder'; readonly entry?: LocalEntry }
  /** A socket, a link by policy, nothing at all: no object belongs here, and the way there was readable. */
  | { readonly found: 'nothing' }
  /** Excluded by the mirror: neither sent nor deleted. */
  | { readonly found: 'excluded' }
  /** It cannot be found out. Nothing may be deleted because of it. */
  | {
      readonly found: 'unknown';
      readonly reason: SkipReason;
      readonly detail: string;
      /** Of a file that is there and cannot be mirrored under its name. */
      readonly inode?: bigint;
      /** See WalkProblem. */
      readonly transient?: true;
    };

export const NOTHING: PathState = { found: 'nothing' };
export const EXCLUDED: PathState = { found: 'excluded' };

/** What there is at the path that has an object of its own. */
export function entryIn(state: PathState): LocalEntry | undefined {
  return state.found === 'entry' || state.found === 'folder' ? state.entry : undefined;
}

/** What a stat found, as it matters to a mirror. */
export function pathStateOf(found: Found): PathState {
  switch (found.kind) {
    case 'file':
    case 'symlink':
    case 'folder':
      return { found: 'entry', entry: found };
    case 'directory':
      return found.entry === undefined
        ? { found: 'folder' }
        : { found: 'folder', entry: found.entry };
    case 'absent':
      return { found: 'nothing' };
    case 'ignored':
      return EXCLUDED;
    case 'problem':
      return found.hides === 'path-and-below' ? unknown(found) : { found: 'nothing' };
  }
}

function unknown({ reason, detail, inode, transient }: WalkProblem): PathState {
  return {
    found: 'unknown',
    reason,
    detail,
    ...(inode !== undefined && { inode }),
    ...(transient && { transient }),
  };
}
