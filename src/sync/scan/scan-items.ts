import type { IndexLocation } from '../../state/object-index.js';
import type { RelativePath } from '../../watcher/entry.js';
import type { Exclusions } from '../../watcher/exclusion.js';
import type { NameRange } from '../../watcher/name-range.js';
import type { WalkSettings } from '../../watcher/stat-entry.js';
import type { Policy } from '../decide.js';
import type { SkipReason } from '../events.js';
import type { MirrorPrefixes } from '../reserved-names.js';
import type { RunSides } from '../run.js';
import type { InnerMounts } from '../source/inner-mounts.js';
import type { UploadBatch } from '../upload-batch.js';
import type { Counts, Finding } from './compare.js';
import type { Landmarks } from './landmarks.js';
import type { MissingCounts } from './missing-names.js';

// What a scan is asked for, and what it gives out.

/** What to scan; plain data, so that a worker thread can have it. */
export interface ScanRequest {
  /** Absolute path of the source. */
  readonly root: string;
  /** Default: both. The listing takes part when the scan is given one. */
  readonly sides?: Pick<RunSides, 'source' | 'index'>;
  /** Only this path and what is below it; '' is the whole source, which alone can be compared with a listing. */
  readonly under: RelativePath;
  /** Only names in this range, so that several threads can share the work; without it all. A listing cannot be shared. */
  readonly range?: NameRange;
  /** Where the mirror is in its container; for a listing. Default: the container's top. */
  readonly remoteRoot?: MirrorPrefixes;
  /** True: the listing that the scan is given is an inventory, whose claims are about an earlier time. */
  readonly isInventory?: boolean;
  readonly settings: WalkSettings;
  readonly policy: Policy;
  readonly location: IndexLocation;
  /** Why nothing may be deleted or forgotten whatever the scan finds (no reconcile has finished yet, …); undefined when it may. */
  readonly noDeletes?: string;
  /** The file systems that belong inside the source, and what to say where one is not mounted. */
  readonly mounts?: { readonly known: InnerMounts; readonly whenNotMounted: string };
  /** When the scan began, milliseconds since the epoch. Default: it is not asked whether the source changed meanwhile. */
  readonly beganMs?: number;
  /** True: an empty source is meant, and what is known of it may be deleted. */
  readonly acceptEmpty?: boolean;
  /** Files that are only to be sent come in batches of so many at the most. Missing, or 0: each of them is a finding. */
  readonly batchFiles?: number;
}

/** Something that is skipped. */
export interface ScanProblem {
  readonly kind: 'problem';
  readonly path: RelativePath;
  readonly reason: SkipReason;
  readonly detail: string;
  /** Of a file that cannot be mirrored under its name. */
  readonly inode?: bigint;
  /** Of `delete-withheld`: how many objects are kept, and why. */
  readonly kept?: { readonly objects: number; readonly why: string };
  /** See WalkProblem. */
  readonly transient?: true;
}

/**
 * The source has been walked to its end without an error, and is still the folder that it was. What comes after this
 * concerns names that it does not have.
 */
export interface Walked extends Counts {
  readonly kind: 'walked';
  readonly device: bigint;
  readonly inode: bigint;
  /** The source's folder has nothing in it at all, as that of a disk that is not mounted. */
  readonly empty: boolean;
  /** A folder changed since `beganMs`, so that a file that moved meanwhile may have been met nowhere. */
  readonly changed: boolean;
}

export interface ScanSummary extends Counts, MissingCounts {
  readonly kind: 'finished';
  /** False when there were parts of the source that could not be seen. */
  readonly complete: boolean;
  /**
   * Names that were met, evenly spaced; what the next scan is cut by into parts of one size. One list for each part of
   * this one, in order.
   */
  readonly landmarks: readonly Landmarks[];
  /** What the walk met in the source, and skipped as the rules say. */
  readonly exclusions: Exclusions;
}

/** Files that are only to be sent, many as one item. */
export interface FoundBatch {
  readonly kind: 'uploads';
  readonly batch: UploadBatch;
}

export type ScanItem = Finding | FoundBatch | ScanProblem | Walked | ScanSummary;

/** Counts that others may look at while the scan goes on. */
export type LiveCounts = Counts & MissingCounts;

export function noCounts(): LiveCounts {
  return { scanned: 0, unchanged: 0, bytes: 0, kept: 0, deletesKept: 0, excluded: 0 };
}

/** Says that this many objects are kept though their files were not found. */
export function keptProblem(path: RelativePath, objects: number, why: string): ScanProblem {
  const detail = `${objects} ${objects === 1 ? 'object is' : 'objects are'} kept: ${why}`;
  return { kind: 'problem', path, reason: 'delete-withheld', detail, kept: { objects, why } };
}
