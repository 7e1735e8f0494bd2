import { lstatPathIfAny, statPathIfAny } from '../file-stat.js';

/** Identifies a directory, whatever its name. The numbers may be reused once the directory is gone. */
export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Undefined when no directory is at the path. `follow`: follows a symbolic link. Throws other errors of stat. */
export function identify(absolutePath: string, follow: boolean): Identity | undefined {
  const stats = follow ? statPathIfAny(absolutePath) : lstatPathIfAny(absolutePath);
  return stats?.isDirectory() ? { device: stats.dev, inode: stats.ino } : undefined;
}

/** As `identify`; undefined also when stat fails. */
export function presentIdentity(absolutePath: string, follow: boolean): Identity | undefined {
  try {
    return identify(absolutePath, follow);
  } catch {
    return undefined;
  }
}

/** What is at a path: whether it can be watched, and which file it is. */
export interface Standing {
  readonly folder?: 'folder' | 'link';
  readonly inode?: bigint;
}

/** A path whose stat fails counts as a folder: watching it will report the error. */
export function whatIsAt(absolutePath: string): Standing {
  try {
    const stats = lstatPathIfAny(absolutePath);
    if (stats?.isSymbolicLink()) return { folder: 'link' };
    if (stats?.isDirectory()) return { folder: 'folder' };
    return stats?.isFile() ? { inode: stats.ino } : {};
  } catch {
    return { folder: 'folder' };
  }
}

export function sameIdentity(a: Identity | undefined, b: Identity | undefined): boolean {
  return a !== undefined && b !== undefined && a.device === b.device && a.inode === b.inode;
}
