import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../../clock.js';
import { statPathIfAny } from '../../file-stat.js';
import { codeOf, isFull } from './failure.js';
import { hasEnded, type Owner, ownerFolder, parseOwnerFolder } from './owner.js';

/** Lets one holder run alone among all threads and processes that work on a root. */
export interface ExclusiveLock {
  /** Waits for the lock, without a turn of the event loop. Calls may be nested. Throws the errors of the system. */
  hold<T>(run: () => T): T;
  /** Removes the lock's file of this process. */
  close(): void;
}

/** A holder that cannot be seen from here (another machine or pid namespace) counts as ended after this. */
const SILENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 5;
/** The errors of file systems without hard links, such as vfat. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * A lock made of files, as Node has no flock(2). `FILE` exists while the lock is held, and names its holder. Each holder
 * has a file `FILE.OWNER` with the same content, and links it to `FILE`, which succeeds for one only. The lock of a holder
 * that has ended is removed by the first process that creates `FILE.freed-OWNER`, and no other process may remove it. On a
 * full disk these files are empty: then the holder is the owner whose file has the same inode. Deletes make room, and need
 * the lock, too.
 */
export function createExclusiveLock(file: string, self: Owner): ExclusiveLock {
  const own = createOwnFile(file, self);
  const holders = lockHolders(file, self);
  let depth = 0;

  function acquire(): void {
    for (let pause = 0.1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (own.tryToLock()) return;
      const holder = holders.read(file);
      if (holder === own.name) return; // its last release failed
      if (holder !== undefined && holders.hasEnded(holder) && free(holder)) continue;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }

  /** Removes the lock of a holder that has ended. False: another process that still runs is doing so. */
  function free(holder: string): boolean {
    const id = holder.replace(/\W/g, '').slice(0, 160);
    for (let nth = 1; ; nth += 1) {
      const freed = `${file}.freed-${nth}-${id}`;
      try {
        own.copyTo(freed);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        const freeing = holders.read(freed);
        if (freeing === undefined) return true; // the lock and its traces are removed
        if (!holders.hasEnded(freeing)) return false;
        continue; // it ended before it had removed the lock
      }
      if (holders.read(file) === holder) rmSync(file, { force: true });
      const owner = parseOwnerFolder(holder);
      if (owner !== undefined && isOfSystem(owner, self))
        rmSync(`${file}.${holder}`, { force: true });
      for (let done = 1; done <= nth; done += 1)
        rmSync(`${file}.freed-${done}-${id}`, { force: true });
      return true;
    }
  }

  return {
    hold(run) {
      if (depth === 0) acquire();
      depth += 1;
      try {
        return run();
      } finally {
        depth -= 1;
        if (depth === 0) release(file);
      }
    },
    close() {
      own.remove();
    },
  };
}

/** The file of this process that it links to the lock. */
function createOwnFile(file: string, self: Owner) {
  const name = ownerFolder(self, randomUUID().slice(0, 8));
  const own = `${file}.${name}`;
  let made = false;

  function tryToLock(): boolean {
    try {
      if (!made) {
        removeLeft(file, self);
        make();
      }
      made = true;
      linkSync(own, file);
      return true;
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (code === 'EEXIST') return false;
      if (NO_LINKS.has(code)) return lockWithoutLinks(file, name);
      if (code !== 'ENOENT') throw error;
      made = false; // the file was removed; if the folder is missing too, make() throws
      make();
      return false;
    }
  }

  function make(): void {
    try {
      writeFileSync(own, name);
    } catch (error) {
      if (!isFull(error) || !existsSync(own)) throw error;
      // A full disk has room for a name, if not for content.
      truncateSync(own);
    }
  }

  /** Creates a file with the same content. Throws EEXIST when it exists. */
  function copyTo(path: string): void {
    try {
      linkSync(own, path);
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (!NO_LINKS.has(code) && code !== 'ENOENT') throw error;
      writeFileSync(path, name, { flag: 'wx' });
    }
  }

  return {
    /** What the lock's file contains while this process holds it. */
    name,
    /** Takes the lock if it is free. */
    tryToLock,
    copyTo,
    remove(): void {
      if (made) rmSync(own, { force: true });
      made = false;
    },
  };
}

/** Removes the own files of killed processes, but for a file that still is a lock and names its holder. */
function removeLeft(file: string, self: Owner): void {
  const begin = `${basename(file)}.`;
  for (const entry of readdirSync(dirname(file))) {
    const owner = entry.startsWith(begin) ? parseOwnerFolder(entry.slice(begin.length)) : undefined;
    if (owner === undefined || !isOfSystem(owner, self) || !hasEnded(owner, self)) continue;
    const left = join(dirname(file), entry);
    if (statPathIfAny(left)?.nlink === 1n) rmSync(left, { force: true });
  }
}

function lockWithoutLinks(file: string, name: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    try {
      writeFileSync(descriptor, name);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Reads the holders of locks. A holder is named by its owner, or is empty when its file was cut short. */
function lockHolders(file: string, self: Owner) {
  /** Undefined: there is no such lock. */
  function read(path: string): string | undefined {
    const text = readIfAny(path);
    if (text !== '') return text;
    const inode = statPathIfAny(path)?.ino;
    const begin = `${basename(file)}.`;
    const entry = readdirSync(dirname(file)).find(
      (each) =>
        each.startsWith(begin) &&
        parseOwnerFolder(each.slice(begin.length)) &&
        statPathIfAny(join(dirname(file), each))?.ino === inode,
    );
    return entry === undefined ? '' : entry.slice(begin.length);
  }

  function hasHolderEnded(holder: string): boolean {
    const owner = parseOwnerFolder(holder);
    if (owner !== undefined && isOfSystem(owner, self)) return hasEnded(owner, self);
    // Linking changes the ctime. A lock that was written in place and cut short names no holder.
    const age = ageOf(file);
    return age !== undefined && age > SILENCE_MS;
  }

  return { read, hasEnded: hasHolderEnded };
}

/** Whether this process can see if that one still runs. */
function isOfSystem({ machine, boot, namespace }: Owner, self: Owner): boolean {
  return machine === self.machine && (boot !== self.boot || namespace === self.namespace);
}

/** A missing lock was removed together with its folder. */
function release(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Undefined: there is no such file. */
function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function ageOf(file: string): number | undefined {
  const stat = statPathIfAny(file);
  return stat && systemClock.now() - Number(stat.ctimeNs / 1_000_000n);
}
