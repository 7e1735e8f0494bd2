import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { lstatPath } from './file-stat.js';

/** The code cache of a user. None of it is needed: what cannot be read is missing, and what cannot be written is not kept. */
export interface UserCacheFolder {
  /** Without symbolic links in it: another user may have made one, and point it elsewhere after it was checked. */
  readonly path: string;
  /** Makes the folder, for this user alone. Returns whether it is there. */
  make(): boolean;
  /**
   * Replaces a file whole, and removes files that are older than 30 days: of former versions, most likely. `contentOf` is
   * called only if the folder can be made.
   */
  write(name: string, contentOf: () => Buffer): void;
}

const DAYS_KEPT = 30n;
const NANOSECONDS_A_DAY = 86_400_000_000_000n;
const WRITABLE_BY_OTHERS = 0o022n;
const STICKY = 0o1000n;

/** Made by the build, beside the program: who can write there can write to the program itself. */
export function bundledCacheFolder(program: string): string {
  return join(program, 'code-cache');
}

/**
 * `longshore` in the user's folder for caches (XDG Base Directory Specification). Undefined where no such folder is named, or
 * where another user could put code into it: only this user and root may be able to write to it and to the folders above.
 */
export function openUserCacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): UserCacheFolder | undefined {
  const caches = absolute(env['XDG_CACHE_HOME']) ?? join(absolute(env['HOME']) ?? '', '.cache');
  const path = isAbsolute(caches) ? ownPath(join(caches, 'longshore')) : undefined;
  if (path === undefined) return undefined;
  const make = () => {
    makeFolder(dirname(path));
    makeFolder(path);
  };
  return {
    path,
    make() {
      try {
        make();
        return true;
      } catch {
        return false;
      }
    },
    write(name, contentOf) {
      try {
        make();
        replace(join(path, name), contentOf());
        removeOld(path, name);
      } catch {
        // A full disk, a read-only file system: the next start is as slow as this one.
      }
    },
  };
}

/** Not `recursive`, which does not end in Node 20 where the folder above is there and takes no other, as in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** Where this path leads, if no other user but root can put anything there. It need not be there yet. */
function ownPath(path: string): string | undefined {
  try {
    const user = process.geteuid?.();
    if (user === undefined) return undefined;
    const { existing, resolved } = resolveLinks(path);
    for (let at = existing; ; at = dirname(at)) {
      const { uid, mode } = lstatPath(at);
      const isShared = (mode & WRITABLE_BY_OTHERS) !== 0n;
      if (uid !== 0n && uid !== BigInt(user)) return undefined;
      // In a sticky folder, such as /tmp, others cannot replace what belongs to this user; but they can make what is missing.
      if (isShared && ((mode & STICKY) === 0n || at === existing)) return undefined;
      if (at === dirname(at)) return resolved;
    }
  } catch {
    return undefined;
  }
}

/** The path without symbolic links. `existing`: itself, or the lowest folder above it that is there. */
function resolveLinks(path: string): { readonly existing: string; readonly resolved: string } {
  try {
    const real = realpathSync(path);
    return { existing: real, resolved: real };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || path === dirname(path)) throw error;
    const above = resolveLinks(dirname(path));
    return { existing: above.existing, resolved: join(above.resolved, basename(path)) };
  }
}

/** Concurrent starts write the same: each has its own temporary file, and the last one wins. */
function replace(path: string, content: Buffer): void {
  const temporary = `${path}.${process.pid}-${process.hrtime.bigint()}`;
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** By the times of the file system alone. */
function removeOld(folder: string, written: string): void {
  const now = lstatPath(join(folder, written)).mtimeNs;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (now - lstatPath(path).mtimeNs > DAYS_KEPT * NANOSECONDS_A_DAY)
      rmSync(path, { force: true });
  }
}

/** The content of a file; undefined where it cannot be read. */
export function readIfAny(folder: string, name: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
}
