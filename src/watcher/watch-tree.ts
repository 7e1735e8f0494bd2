import type { Clock } from '../clock.js';
import type { WatchDirectory } from './directory-watch.js';
import type { RelativePath } from './entry.js';
import type { FolderRules } from './filter.js';
import type { Refusal } from './folder-step.js';
import type { WatchedFolder } from './watched-folder.js';

/**
 * One watch for each folder of a source, kept in step with the disk.
 *
 * A folder is first watched and then read, so that what is created in it is either read or announced by an event. The
 * events of a folder say which entry came or went; the tree removes that name with all below it, and reads
 * it again. It may be another folder under the same name, even with the same inode number.
 */
export interface WatchTree {
  /** Folders that are watched now. */
  readonly watched: number;
  /**
   * Folders that could not be watched or read (all below them is unwatched as well), with the reason. Where it may be over
   * soon, they are retried after 1, 2, 4 ... s.
   */
  readonly refused: ReadonlyMap<WatchedFolder, Refusal>;
  /** Changes with each change of `refused`. */
  readonly version: number;
  readonly root: WatchedFolder;
  /** Some folders are still to be watched, or read again: changes in them have no event yet. */
  readonly placing: boolean;
  /** Closes all watches and places them again. */
  renew(): void;
  /** Tries the refused folders again. */
  retry(): void;
  /** Checks that the root, the followed links and `mountPoints` are still the folders that are watched. */
  verify(mountPoints: readonly RelativePath[]): void;
  /** Resolves when no folder waits for its watch. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface WatchTreeOptions {
  /** Absolute. */
  readonly root: string;
  readonly watchDirectory: WatchDirectory;
  /** The mirror's rules, without the ignore files in the source. */
  readonly rules: FolderRules;
  /** Watch folders behind symbolic links, when they are in the source themselves. */
  readonly followLinks: boolean;
  /** Why a file system that is mounted below the root cannot be watched; undefined when it can. */
  readonly unwatchable: (absolutePath: string) => Error | undefined;
  /** The longest wait between tries of a folder that could not be read. */
  readonly degradedRescanMs: number;
  readonly clock: Pick<Clock, 'after'>;
}

export interface WatchTreeEvents {
  /** Called for each event, to count what the kernel's queue returns. */
  event(): void;
  /** `rename`: something came or went under the path. `inode`: of a file that has appeared there. */
  changed(path: RelativePath, kind: 'rename' | 'change', inode?: bigint): void;
  /** Anything at and below may have changed. `unheard`: without an event, at any time. */
  invalidate(under: RelativePath, why: string, unheard?: boolean): void;
}
