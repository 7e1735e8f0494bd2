import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { lstatPathIfAny } from '../file-stat.js';
import { runsOf } from '../sync/ranges/sparse-runs.js';
import { type FolderTree, type OpenFolder, openFolderTree } from './folder-tree.js';
import { placeFile } from './new-file.js';
import { newUnfinishedName } from './staging.js';
import { MD5_BYTES, type Segments, splitPaths, type WriteBatch } from './write-batch.js';

/** Where small files are written. Plain data, for another thread. */
export interface SmallFilesPlace {
  /** A path of the root. */
  readonly root: string;
  /** The staging folder, and the device that it is on. */
  readonly staging: string;
  readonly device: bigint;
  readonly umask: number;
}

/** Writes small files by synchronous calls: in a thread these cost a fraction of what promises do. */
export interface SmallFiles {
  /** For each path 1 when nothing is there, else 0. Makes the folders on the way. */
  look(paths: string): Uint8Array<ArrayBuffer>;
  /**
   * Gives each content to a new file, with its attributes, and all of them their names once they are on the disk. For each 1
   * when it is in place; 0 when it is not, for whatever reason, and then nothing of it is left.
   */
  write(batch: WriteBatch): Uint8Array<ArrayBuffer>;
  close(): void;
}

export function openSmallFiles(place: SmallFilesPlace): SmallFiles {
  const tree = openFolderTree(place.root, false);
  return {
    look(paths) {
      const states = splitPaths(paths).map((segments) => (isAbsent(tree, segments) ? 1 : 0));
      return Uint8Array.from(states);
    },
    write(batch) {
      const staged = stageAll(batch, tree, place);
      const isDurable = syncAll(staged, place.staging);
      const states = new Uint8Array(staged.length);
      for (const [row, file] of staged.entries())
        if (file !== undefined && isDurable(file)) states[row] = putInPlace(file, tree) ? 1 : 0;
      return states;
    },
    close: () => tree.close(),
  };
}

function isAbsent(tree: FolderTree, segments: Segments): boolean {
  try {
    const found = tree.withinNow(segments.slice(0, -1), true, ({ at }) =>
      lstatPathIfAny(`${at}/${segments.at(-1)}`),
    );
    return found === undefined;
  } catch {
    return false;
  }
}

/** A whole file that has no name yet. */
interface StagedFile {
  readonly path: string;
  readonly segments: Segments;
}

function stageAll(
  batch: WriteBatch,
  tree: FolderTree,
  place: SmallFilesPlace,
): readonly (StagedFile | undefined)[] {
  let begin = 0;
  return splitPaths(batch.paths).map((segments, row) => {
    const content = new Uint8Array(batch.content, begin, batch.sizes[row]);
    begin += content.byteLength;
    const path = `${place.staging}/${newUnfinishedName()}`;
    try {
      const isHere = tree.withinNow(segments.slice(0, -1), true, isOn(place.device)) === true;
      return isHere &&
        isProven(content, batch, row) &&
        stage(path, content, batch, row, place.umask)
        ? { path, segments }
        : undefined;
    } catch {
      remove(path);
      return undefined;
    }
  });
}

/** A rename cannot go from one file system to another. */
function isOn(device: bigint) {
  return (folder: OpenFolder) => folder.device === device;
}

function isProven(content: Uint8Array, { md5s }: WriteBatch, row: number): boolean {
  const expected = md5s.subarray(row * MD5_BYTES, (row + 1) * MD5_BYTES);
  return hash('md5', content, 'buffer').equals(expected);
}

function stage(
  path: string,
  content: Uint8Array,
  batch: WriteBatch,
  row: number,
  umask: number,
): true {
  const mode = batch.modes[row] ?? 0;
  const plain = mode & 0o777 & ~umask;
  // No other user can read the staging folder, so the file may have its mode from the beginning.
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, plain);
  try {
    writeSparse(fd, content);
    // A change of the owner clears the special bits (chown(2)), so the mode comes after it.
    const { owners } = batch;
    if (owners !== undefined) fchownSync(fd, owners[2 * row] ?? 0, owners[2 * row + 1] ?? 0);
    if (plain !== mode) fchmodSync(fd, mode);
    const seconds = batch.seconds[row] ?? Number.NaN;
    // As text: Node takes a negative number for the time of day.
    if (!Number.isNaN(seconds)) futimesSync(fd, String(seconds), String(seconds));
    return true;
  } finally {
    closeSync(fd);
  }
}

function writeSparse(fd: number, content: Uint8Array): void {
  let endsInHole = false;
  for (const { start, end, isHole } of runsOf(content, 0)) {
    endsInHole = isHole;
    for (let at = start; !isHole && at < end; ) at += writeSync(fd, content, at, end - at, at);
  }
  if (endsInHole) ftruncateSync(fd, content.byteLength);
}

/** From this many files on, one syncfs(2) costs less than an fsync for each. Node has none; coreutils has it as a program. */
const SYNC_ALL_FROM = 24;

/** Makes the files survive a loss of power. Returns whether that was done with a file. */
function syncAll(
  files: readonly (StagedFile | undefined)[],
  folder: string,
): (file: StagedFile) => boolean {
  const isLinux = process.platform === 'linux';
  const many = isLinux && files.length >= SYNC_ALL_FROM;
  if (many && spawnSync('sync', ['-f', folder], { stdio: 'ignore' }).status === 0)
    return () => true;
  return ({ path }) => {
    try {
      syncFile(path);
      return true;
    } catch {
      remove(path);
      return false;
    }
  };
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function putInPlace({ path, segments }: StagedFile, tree: FolderTree): boolean {
  try {
    tree.withinNow(segments.slice(0, -1), true, ({ at }) =>
      placeFile(path, `${at}/${segments.at(-1)}`, false),
    );
    return true;
  } catch {
    remove(path);
    return false;
  }
}

/** What cannot be removed now goes with the staging folder. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}
