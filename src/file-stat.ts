import { type BigIntStats, fstatSync, lstatSync, statSync } from 'node:fs';
import { type FileHandle, lstat, stat } from 'node:fs/promises';

/*
 * The only file that reads a stat. Node fills its BigIntStats from an array of signed 64-bit integers
 * (fs_stats_bigint in node_file.h), so that a device or inode number of 2^63 and more comes out negative:
 * mergerfs has such inodes by default, and some NFS, SMB and FUSE servers. Times are right: Node adds seconds
 * and nanoseconds as integers of any size.
 */

const EXACT = { bigint: true } as const;
const EXACT_IF_ANY = { bigint: true, throwIfNoEntry: false } as const;

/** What is at a path, symbolic links followed. Throws as stat(2) fails. */
export function statPath(path: string): BigIntStats {
  return unsigned(statSync(path, EXACT));
}

/** As statPath; undefined when nothing is there (ENOENT). */
export function statPathIfAny(path: string): BigIntStats | undefined {
  const stat = statSync(path, EXACT_IF_ANY);
  return stat && unsigned(stat);
}

/** What is at a path, a symbolic link itself where it is one. Throws as lstat(2) fails. */
export function lstatPath(path: string): BigIntStats {
  return unsigned(lstatSync(path, EXACT));
}

/** As lstatPath; undefined when nothing is there (ENOENT). */
export function lstatPathIfAny(path: string | Buffer): BigIntStats | undefined {
  const stat = lstatSync(path, EXACT_IF_ANY);
  return stat && unsigned(stat);
}

/** As statPathIfAny, without a wait of this thread: for file systems that may not answer. Rejects as stat(2) fails. */
export function askPathIfAny(path: string): Promise<BigIntStats | undefined> {
  return ifAny(stat(path, EXACT));
}

/** As lstatPathIfAny, in the same way. */
export function askLinkIfAny(path: string): Promise<BigIntStats | undefined> {
  return ifAny(lstat(path, EXACT));
}

async function ifAny(asked: Promise<BigIntStats>): Promise<BigIntStats | undefined> {
  try {
    return unsigned(await asked);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // As throwIfNoEntry has it: a file in the place of a folder is no entry either.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** What a descriptor has open. Throws as fstat(2) fails. */
export function statDescriptor(descriptor: number): BigIntStats {
  return unsigned(fstatSync(descriptor, EXACT));
}

/** What a FileHandle has open. Rejects as fstat(2) fails. */
export async function statHandle(handle: Pick<FileHandle, 'stat'>): Promise<BigIntStats> {
  return unsigned(await handle.stat(EXACT));
}

/** Pure but for the stat itself, which it corrects in place: a scan makes millions of them. */
export function unsigned<Stat extends Pick<BigIntStats, 'dev' | 'ino' | 'rdev' | 'nlink'>>(
  stat: Stat,
): Stat {
  if (stat.ino < 0n) stat.ino = BigInt.asUintN(64, stat.ino);
  if (stat.dev < 0n) stat.dev = BigInt.asUintN(64, stat.dev);
  if (stat.rdev < 0n) stat.rdev = BigInt.asUintN(64, stat.rdev);
  if (stat.nlink < 0n) stat.nlink = BigInt.asUintN(64, stat.nlink);
  return stat;
}

/** The stat fields that identify one version of a file. */
export interface FileVersion {
  /** Bytes; exact up to 2^53. */
  readonly size: number;
  /** Nanoseconds since the epoch, of any size and sign: see file-time.ts. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** 0 to 2^64 - 1. */
  readonly inode: bigint;
}

type VersionFields = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs' | 'ino'>;

export function versionOf({ size, mtimeNs, ctimeNs, ino }: VersionFields): FileVersion {
  return { size: Number(size), mtimeNs, ctimeNs, inode: ino };
}

export function sameVersion(a: FileVersion, b: FileVersion): boolean {
  return (
    a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode
  );
}

/** Whether a stat is that of this version. */
export function isVersion(found: VersionFields, expected: FileVersion): boolean {
  return sameVersion(versionOf(found), expected);
}
