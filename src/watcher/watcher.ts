import type { RelativePath } from './entry.js';

/** "Look at this": all that a watch event ever is. It says nothing about what is there. */
export type Hint =
  | {
      readonly kind: 'paths';
      readonly paths: readonly RelativePath[];
      /** When the first event of each path came, in the order of `paths`; milliseconds of the monotonic clock. */
      readonly since: readonly number[];
    }
  /** Everything at and below `under` ('' is the whole source) is to be looked at; `why` is for people. */
  | {
      readonly kind: 'rescan';
      readonly under: RelativePath;
      readonly why: string;
      /** When the first event behind it came. Undefined: it is also for changes that had no event, of any age. */
      readonly since: number | undefined;
    };

/** Changes that the watch knows of and has not given out, or whose hint its reader is not done with. */
export interface Unsettled {
  /** When the first event of them came; milliseconds of the monotonic clock. Undefined: some of them had no event. */
  readonly since: number | undefined;
}

/** Part of the source that is not watched and is scanned on a timer instead; `why` names the limit and the remedy. */
export interface Degraded {
  readonly under: RelativePath;
  readonly why: string;
}

export interface WatchState {
  readonly engine: 'chokidar' | 'directories' | 'scan';
  readonly directories: number;
  readonly degraded: readonly Degraded[];
  /** Times that events may have been lost and a rescan was asked for because of it. */
  readonly losses: number;
}

/**
 * Watches one source. Each engine places its watches before it reads a directory, so that after `ready` a change
 * anywhere below the source is followed by a hint that covers it, after `settle` of quiet or the upper bound.
 * A change before `ready` may go without a hint: scan once after it.
 */
export interface Watcher extends AsyncIterable<Hint> {
  /** Resolves once every directory is watched (or is listed as degraded). Rejects when the source cannot be watched at all. */
  readonly ready: Promise<void>;
  state(): WatchState;
  /**
   * What is not given out yet; a hint counts until its reader asks for the next one. Undefined: nothing. With a path: only
   * what concerns it.
   */
  unsettled(path?: RelativePath): Unsettled | undefined;
  /** The same of rescans, and of folders that are not watched yet: of what may hold files that no path has told of. */
  unsettledRescans(): Unsettled | undefined;
  /**
   * Folders that can be read and that a watch was meant for, but could not be placed: what changes at or below them has no
   * event, and is found by scans alone. Few: many folders are listed as the folders above them.
   */
  unwatched(): readonly Degraded[];
  /** Unsettled paths under which events have seen this file to appear. */
  appearedAs(inode: bigint): readonly RelativePath[];
  /** Ends the iteration and gives back every watch. A second call does nothing. */
  close(): Promise<void>;
}
