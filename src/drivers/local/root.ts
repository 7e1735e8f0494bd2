import {
  accessSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  statfsSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { statPath } from '../../file-stat.js';
import { makeFoldersSync } from '../../make-folders.js';
import { codeOf, Refusal } from './failure.js';
import { PRIVATE_FOLDER } from './names.js';
import type { WorkerSettings } from './protocol.js';
import { recordsFile } from './records.js';

/** Sees to it that the root is still the folder that it was. */
export interface Root {
  /**
   * Throws when the root is no folder, another one, or missing, unless it was never there and is to be made. True when
   * it came back and must be opened again.
   */
  check(): boolean;
  /** Creates a root that never existed, before the first change: reads leave no trace. */
  make(): void;
}

/**
 * An unmounted file system leaves its empty mount point behind: that is no root without containers. It is recognised
 * by device and inode. Another folder is taken only if it has been a root before, as after a new mount.
 */
export function createRoot({ root: path, create, fsync }: WorkerSettings): Root {
  let known: string | undefined;

  return {
    check() {
      const seen = identityOf(path);
      if (seen === undefined && known === undefined && create) return false;
      if (seen === undefined) throw gone(`the root "${path}" does not exist`);
      if (known === seen) return false;
      if (known !== undefined && !existsSync(`${path}/${PRIVATE_FOLDER}`)) {
        throw gone(
          `the root "${path}" is another folder than it was: is its file system still mounted?`,
        );
      }
      known = seen;
      return true;
    },
    make() {
      if (known === undefined && create) known = identityOf(path) ?? createdAt(path, fsync);
    },
  };
}

function identityOf(path: string): string | undefined {
  try {
    const stat = statPath(path);
    if (stat.isDirectory()) return `${stat.dev}:${stat.ino}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) !== 'ENOTDIR') throw error;
  }
  throw gone(`the root "${path}" is not a folder`);
}

function createdAt(path: string, fsync: boolean): string | undefined {
  const first = made(path);
  // Each new folder is an entry of the one above it. Without those, nothing in the root would survive.
  for (
    let folder = path;
    fsync && first !== undefined && folder.length >= first.length;
    folder = dirname(folder)
  )
    sync(dirname(folder));
  return identityOf(path);
}

function made(path: string): string | undefined {
  try {
    return makeFoldersSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw gone(
      `the root "${path}" cannot be made: the folder that it would be in takes none; is something to be mounted there?`,
    );
  }
}

function sync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function gone(problem: string): Refusal {
  return new Refusal({ kind: 'unavailable', problem });
}

/** Every new ext4 has it. */
const NOT_OURS = 'lost+found';

/**
 * Why a root looks like one whose file system is not mounted: it does not exist, has nothing in it, or only what is not
 * longshore's, neither the container nor any record. Undefined: it has something, or nothing can be known of it, which each call on
 * it then says.
 */
export function blankRoot(root: string, container: string): string | undefined {
  try {
    const names = readdirSync(root).filter((name) => name !== NOT_OURS);
    if (names.length === 0) return `its root ${root} is empty`;
    if (names.includes(PRIVATE_FOLDER) || !isMissing(join(root, container))) return undefined;
    return `its root ${root} has only other things in it, without container ${container}`;
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? `its root ${root} does not exist` : undefined;
  }
}

function isMissing(path: string): boolean {
  try {
    accessSync(path);
    return false;
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}

/**
 * f_type (statfs(2), linux/magic.h and the sources of bcachefs and OpenZFS) of file systems that one kernel alone has mounted.
 * Those of a network, of a cluster, FUSE, and what a host gives to a guest are not among them.
 */
const OWN = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
  0x2fc12fc1, // zfs
  0x01021994, // tmpfs
  0x3153464a, // jfs
  0x4d44, // vfat
  0x2011bab0, // exfat
  0x7366746e, // ntfs3
]);

/**
 * Whether a folder, or what will be made of it, is on a disk that only this running system reaches. False where that is not
 * known, as everywhere but on Linux.
 */
export function isOnOwnDisk(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  for (let path = folder; ; path = dirname(path)) {
    try {
      return isOwnType(statfsSync(path).type);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || path === dirname(path)) return false;
    }
  }
}

/** Of a number that a system may give with its sign. */
export function isOwnType(type: number): boolean {
  return OWN.has(type >>> 0);
}

/** The root that a path of a container, or of a folder in one, belongs to; undefined where none above it has records. */
export function rootAbove(path: string): string | undefined {
  for (let root = dirname(path), below = path; root !== below; below = root, root = dirname(root))
    if (existsSync(recordsFile(join(root, PRIVATE_FOLDER)))) return root;
  return undefined;
}
