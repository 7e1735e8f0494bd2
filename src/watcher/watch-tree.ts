import type { Clock } from '../clock.js';
import type { WatchDirectory } from './directory-watch.js';
import type { RelativePath } from './entry.js';
import type { FolderRules } from './filter.js';
import type { WatchedFolder } from './watched-folder.js';

/**
 * One watch for each folder of a source, kept in step with the disk.
 *
 * A folder is first watched and then read, so that what is created in it is either read or announced by an event. The
 * events of a folder say which entry came or went; a name that has one is taken out of the tree with all below it, and
 * looked at again. It may be another folder under the same name, even with the same inode number.
 */
export interface WatchTree {
  /** Folders that are watched now. */
  readonly watched: number;
  /**
   * Folders that could not be watched or read (all below them is unwatched as well), with the reason. Where that may be over
   * soon, they are tried again after 1, 2, 4 ... s by themselves.
   */
  readonly refused: ReadonlyMap<WatchedFolder, Error>;
  /** Another number after each change of `refused`. */
  readonly version: number;
  readonly root: WatchedFolder;
  /** Some folders are still to be watched, or read once more: what changes in them has no event yet. */
  readonly placing: boolean;
  /** Gives back all watches and places them anew. */
  renew(): void;
  /** Tries the refused folders again. */
  retry(): void;
  /** Looks whether the root, the followed links and `mountPoints` still are the folders that are watched. */
  verify(mountPoints: readonly RelativePath[]): void;
  /** Resolves when no folder waits for its watch. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface WatchTreeOptions {
  /** Absolute. */
  readonly root: string;
  readonly watchDirectory: WatchDirectory;
  /** Without those of ignore files in the source. */
  readonly rules: FolderRules;
  /** Watch folders behind symbolic links, when they are in the source themselves. */
  readonly followLinks: boolean;
  /** Why a file system that is mounted below the root cannot be watched; undefined: it can. */
  readonly unwatchable: (absolutePath: string) => Error | undefined;
  /** The longest wait between tries of a folder that could not be read. */
  readonly degradedRescanMs: number;
  readonly clock: Pick<Clock, 'after'>;
}

export interface WatchTreeEvents {
  /** Any event at all: for the count of what the kernel's queue gives out. */
  event(): void;
  /** `inode`: of a file that has appeared under the path. */
  changed(path: RelativePath, inode?: bigint): void;
  /** Anything at and below may have changed unseen. `unheard`: at any time, since there was no event of it. */
  invalidate(under: RelativePath, why: string, unheard?: boolean): void;
}
