import type { LocalEntry, RelativePath } from '../watcher/entry.js';
import type { SkipReason } from './events.js';

/** What is at one path of the source right now. */
export type Look =
  | { readonly found: 'entry'; readonly entry: LocalEntry }
  /** A folder, a socket, a link by policy, nothing at all: no object belongs here, and the way there was readable. */
  | { readonly found: 'nothing' }
  /** Excluded by the mirror: neither sent nor deleted. */
  | { readonly found: 'excluded' }
  /** Nobody can tell. Nothing may be deleted because of it. */
  | { readonly found: 'unknown'; readonly reason: SkipReason; readonly detail: string };

/** One mirror's folder, for single looks; scans walk it in their own threads. */
export interface Source {
  /** Absolute path of the folder. */
  readonly root: string;
  absolute(path: RelativePath): string;
  look(path: RelativePath): Look;
  /** Whether the folder is there and is the one that the running scan or watch began with. Evidence for deletes. */
  isIntact(): boolean;
}
