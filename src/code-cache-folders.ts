import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { lstatPath } from './file-stat.js';

/** The code cache of a user. None of it is needed: what cannot be read is missing, and what cannot be written is not kept. */
export interface UserCacheFolder {
  readonly path: string;
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
  const path = join(caches, 'longshore');
  if (!isAbsolute(path) || !isOwn(path)) return undefined;
  return {
    path,
    write(name, contentOf) {
      try {
        makeFolder(caches);
        makeFolder(path);
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

/** Whether no other user but root can put anything at this path, which need not be there yet. */
function isOwn(path: string): boolean {
  try {
    const user = process.geteuid?.();
    if (user === undefined) return false;
    const real = realpathOfExisting(path);
    for (let at = real; ; at = dirname(at)) {
      const { uid, mode } = lstatPath(at);
      const isShared = (mode & WRITABLE_BY_OTHERS) !== 0n;
      if (uid !== 0n && uid !== BigInt(user)) return false;
      // In a sticky folder, such as /tmp, others cannot replace what belongs to this user; but they can make what is missing.
      if (isShared && ((mode & STICKY) === 0n || at === real)) return false;
      if (at === dirname(at)) return true;
    }
  } catch {
    return false;
  }
}

/** The folder itself, or the lowest one above it that is there. */
function realpathOfExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || path === dirname(path)) throw error;
    return realpathOfExisting(dirname(path));
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
