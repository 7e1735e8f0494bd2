import type { FileVersion } from '../file-stat.js';
import { joinTime, splitTime } from '../file-time.js';
import type { LocalEntry, RelativePath } from '../watcher/entry.js';
import type { UploadReason } from './decide.js';

/** Files that one batch has at the most, and bytes of their contents: what a thread reads into one piece of memory. */
export const BATCH_FILES = 512;
export const BATCH_BYTES = 4 * 1024 * 1024;
/**
 * Files of a batch where other processes carry batches out: each of these costs a job in a queue, a file in a journal and two
 * commits besides, which were a tenth of all CPU time with 512 files. One job of 2,048 names of 25 bytes has 200 KiB.
 */
export const REMOTE_BATCH_FILES = 2_048;
/** Bytes of the names of one batch, as UTF-8: more would hold Redis, which has one thread, for milliseconds. */
export const BATCH_NAME_BYTES = 256 * 1024;

/**
 * Why a file is in a batch: why it is sent, or that it was `touched`: it has another stat than its record, and its content is
 * to be compared first. Batches store the position in this list.
 */
const REASONS = ['new', 'changed', 'unconfirmed', 'drift', 'touched'] as const satisfies (
  | UploadReason
  | 'touched'
)[];
export type BatchReason = (typeof REASONS)[number];

/** What the listing of a scan says of the object. Batches store the position in this list. */
const LISTED = ['unknown', 'absent', 'present'] as const;

/**
 * Small files to be uploaded, by columns: typed arrays cross to another thread at a tenth of the cost of as many objects,
 * and are bytes for a queue outside of the process. Row `i` of each column is about the same file.
 */
export interface UploadBatch {
  /** Paths below the source, which are the objects' names too, joined by NUL, which no path has. Never empty. */
  readonly paths: string;
  /** Bytes. */
  readonly sizes: Float64Array;
  /** Seconds of the mtime (2i) and of the ctime (2i + 1), and the nanoseconds after those. */
  readonly seconds: BigInt64Array;
  readonly nanoseconds: Uint32Array;
  readonly inodes: BigUint64Array;
  readonly modes: Uint16Array;
  /** The owner (2i) and the group (2i + 1). */
  readonly owners: Uint32Array;
  readonly reasons: Uint8Array;
  readonly listed: Uint8Array;
}

/** One file of a batch. */
export interface BatchedFile {
  /** A regular file with one name. */
  readonly entry: LocalEntry;
  readonly why: BatchReason;
  readonly listed: (typeof LISTED)[number];
}

export function isBatchReason(why: UploadReason): why is UploadReason & BatchReason {
  return (REASONS as readonly string[]).includes(why);
}

export function packBatch(files: readonly BatchedFile[]): UploadBatch {
  const rows = files.length;
  const batch = {
    paths: files.map(({ entry }) => entry.path).join('\0'),
    sizes: new Float64Array(rows),
    seconds: new BigInt64Array(2 * rows),
    nanoseconds: new Uint32Array(2 * rows),
    inodes: new BigUint64Array(rows),
    modes: new Uint16Array(rows),
    owners: new Uint32Array(2 * rows),
    reasons: new Uint8Array(rows),
    listed: new Uint8Array(rows),
  };
  for (const [row, { entry, why, listed }] of files.entries()) {
    batch.sizes[row] = entry.size;
    setTime(batch, 2 * row, entry.mtimeNs);
    setTime(batch, 2 * row + 1, entry.ctimeNs);
    batch.inodes[row] = entry.inode;
    batch.modes[row] = entry.mode;
    batch.owners[2 * row] = entry.uid;
    batch.owners[2 * row + 1] = entry.gid;
    batch.reasons[row] = REASONS.indexOf(why);
    batch.listed[row] = LISTED.indexOf(listed);
  }
  return batch;
}

function setTime(
  { seconds, nanoseconds }: Pick<UploadBatch, 'seconds' | 'nanoseconds'>,
  at: number,
  ns: bigint,
): void {
  const time = splitTime(ns);
  seconds[at] = time.seconds;
  nanoseconds[at] = time.nanoseconds;
}

export function pathsOf({ paths }: Pick<UploadBatch, 'paths'>): readonly RelativePath[] {
  return paths.split('\0');
}

/** The reverse of packBatch. */
export function unpackBatch(batch: UploadBatch): readonly BatchedFile[] {
  return pathsOf(batch).map((path, at) => ({
    entry: entryOf(batch, path, at),
    why: REASONS[batch.reasons[at] ?? 0] ?? 'new',
    listed: LISTED[batch.listed[at] ?? 0] ?? 'unknown',
  }));
}

/** The version of the file in this row. */
export function versionAt(
  batch: Pick<UploadBatch, 'sizes' | 'seconds' | 'nanoseconds' | 'inodes'>,
  row: number,
): FileVersion {
  return {
    size: batch.sizes[row] ?? 0,
    mtimeNs: timeAt(batch, 2 * row),
    ctimeNs: timeAt(batch, 2 * row + 1),
    inode: batch.inodes[row] ?? 0n,
  };
}

function entryOf(batch: UploadBatch, path: RelativePath, at: number): LocalEntry {
  const { sizes, inodes, modes, owners } = batch;
  return {
    path,
    kind: 'file',
    size: sizes[at] ?? 0,
    mtimeNs: timeAt(batch, 2 * at),
    ctimeNs: timeAt(batch, 2 * at + 1),
    inode: inodes[at] ?? 0n,
    mode: modes[at] ?? 0,
    uid: owners[2 * at] ?? 0,
    gid: owners[2 * at + 1] ?? 0,
  };
}

function timeAt(
  { seconds, nanoseconds }: Pick<UploadBatch, 'seconds' | 'nanoseconds'>,
  at: number,
): bigint {
  return joinTime({ seconds: seconds[at] ?? 0n, nanoseconds: nanoseconds[at] ?? 0 });
}
