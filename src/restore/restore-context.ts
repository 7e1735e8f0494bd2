import type { Clock } from '../clock.js';
import type { Backend } from '../drivers/backend.js';
import type { ObjectInfo } from '../drivers/call.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import type { RangeThreads } from '../sync/ranges/range-threads.js';
import type { Overwrite } from './existing.js';
import type { FolderTree } from './folder-tree.js';
import type { AttributeRules } from './new-file.js';
import type { Staging } from './staging.js';

/** How objects are restored. */
export interface RestoreRules extends AttributeRules {
  readonly overwrite: Overwrite;
  /** Whether objects with rclone's suffix become symbolic links. */
  readonly links: boolean;
  /** Nothing is loaded and nothing written. */
  readonly dryRun: boolean;
}

/** An object that is to be restored. Plain JSON. */
export interface RestoreSource {
  /** Its name below the mirror's prefix; its key may be another one, as in the trash. */
  readonly name: ObjectName;
  /** As it was listed or, with `isDescribed`, looked up. */
  readonly info: ObjectInfo;
  readonly isDescribed?: true;
  /** Whether it is the object that the mirror has now: only of that the index speaks. */
  readonly isCurrent: boolean;
  /** Of an earlier version. */
  readonly versionId?: string;
}

/** What the restoring of an object works with. */
export interface RestoreContext {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly rules: RestoreRules;
  readonly tree: FolderTree;
  /** Undefined in a dry run. */
  readonly staging: Staging | undefined;
  /** Whether the folder's file system takes names that differ only in case for one. */
  readonly foldsCase: boolean;
  /** For large files; undefined: all are loaded by streams. */
  readonly ranges?: RangeThreads;
  /** Called with each piece of content that arrives; with fewer than 0 bytes when what has arrived is of no use. */
  readonly onBytes: (bytes: number) => void;
  /** What the index says of an object; undefined where there is no index, or it says nothing. */
  recordOf(name: ObjectName): ObjectRecord | undefined;
  /**
   * What the index snapshot in the container says of an object; undefined where there is none, or it says nothing. It is asked
   * about objects that nothing else proves, and downloaded for the first of them.
   */
  recordInSnapshot(name: ObjectName): Promise<ObjectRecord | undefined>;
}
