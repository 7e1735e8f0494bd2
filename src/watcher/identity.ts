import { lstatPathIfAny, statPathIfAny } from '../file-stat.js';

/** Which directory this is, whatever its name. A number may be given to another directory once this one is gone. */
export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Undefined when nothing is there, or no directory. `follow`: look through a symbolic link. Throws what else stat says. */
export function identify(absolutePath: string, follow: boolean): Identity | undefined {
  const stats = follow ? statPathIfAny(absolutePath) : lstatPathIfAny(absolutePath);
  return stats?.isDirectory() ? { device: stats.dev, inode: stats.ino } : undefined;
}

/** As `identify`; undefined also when it cannot be told. */
export function presentIdentity(absolutePath: string, follow: boolean): Identity | undefined {
  try {
    return identify(absolutePath, follow);
  } catch {
    return undefined;
  }
}

/** What stands at a path: as far as it can be watched, and which file it is. */
export interface Standing {
  readonly folder?: 'folder' | 'link';
  readonly inode?: bigint;
}

/** What cannot be looked at counts as a folder: watching it will tell. */
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
