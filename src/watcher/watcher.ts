import type { RelativePath } from './entry.js';

/** "Stat this path": a watch event is never more than a hint. It says nothing about what is there. */
export type Hint =
  | {
      readonly kind: 'paths';
      readonly paths: readonly RelativePath[];
      /** When the first event of each path came, in the order of `paths`; milliseconds of the monotonic clock. */
      readonly since: readonly number[];
    }
  /** A rescan of everything at and below `under` ('' is the whole source); `why` is for people. */
  | {
      readonly kind: 'rescan';
      readonly under: RelativePath;
      readonly why: string;
      /** Time of the first event that it includes. Undefined: it also covers changes without an event, of any age. */
      readonly since: number | undefined;
    };

/** Changes that the watch has not returned as hints, or whose hint its reader has not finished. */
export interface Unsettled {
  /** Time of their first event; milliseconds of the monotonic clock. Undefined: some of them had no event. */
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
  /** Number of times that events may have been lost, each followed by a rescan. */
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
   * What is unsettled; a hint counts until its reader asks for the next one. Undefined: nothing. With a path: only
   * what concerns it.
   */
  unsettled(path?: RelativePath): Unsettled | undefined;
  /** The same for rescans, and for folders that are not watched yet: they may contain files that no hint has named. */
  unsettledRescans(): Unsettled | undefined;
  /**
   * Folders that can be read and should be watched, but are not: changes at or below them have no
   * event, and only scans find them. Few: many folders are listed as the folders above them.
   */
  unwatched(): readonly Degraded[];
  /** Unsettled paths under which events have seen this file to appear. */
  appearedAs(inode: bigint): readonly RelativePath[];
  /** Ends the iteration and closes every watch. A second call does nothing. */
  close(): Promise<void>;
}
