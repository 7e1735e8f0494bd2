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

/** Whose holder runs alone among all threads and processes that work on a root. */
export interface ExclusiveLock {
  /** Waits for the lock, without a turn of the event loop. Calls may be nested. Throws the errors of the system. */
  hold<T>(run: () => T): T;
  /** Removes what this process keeps for it. */
  close(): void;
}

/** A holder that cannot be seen from here (another machine or pid namespace) is gone after this. */
const SILENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 5;
/** File systems without hard links, as vfat, say one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * A lock made of files, as Node has no flock(2): `FILE` is there while somebody holds it, and says who. Each holder has a
 * file `FILE.OWNER` that says the same, and links it to `FILE`, which only one can. The lock of one that has ended is
 * removed by whoever first makes `FILE.freed-OWNER`: only that lock, as nobody else may remove it. On a full disk these
 * files are empty: then the holder is the owner whose file has the same inode. Deletes need the lock, too, and make room.
 */
export function createExclusiveLock(file: string, self: Owner): ExclusiveLock {
  const name = ownerFolder(self, randomUUID().slice(0, 8));
  const own = `${file}.${name}`;
  let made = false;
  let depth = 0;

  function acquire(): void {
    for (let pause = 0.1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (tryToTake()) return;
      const holder = readHolder(file);
      if (holder !== undefined && isGone(holder) && free(holder)) continue;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }

  function tryToTake(): boolean {
    try {
      if (!made) {
        removeLeft();
        makeOwn();
      }
      made = true;
      linkSync(own, file);
      return true;
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (code === 'EEXIST') return false;
      if (NO_LINKS.has(code)) return takeWithoutLinks();
      if (code !== 'ENOENT') throw error;
      made = false; // it was removed; where the folder is gone, this says so
      makeOwn();
      return false;
    }
  }

  function makeOwn(): void {
    try {
      writeFileSync(own, name);
    } catch (error) {
      if (!isFull(error) || !existsSync(own)) throw error;
      // There is room for a name, if not for a content.
      truncateSync(own);
    }
  }

  /** What processes left behind that were killed. One that still is a lock says whose it is. */
  function removeLeft(): void {
    const begin = `${basename(file)}.`;
    for (const entry of readdirSync(dirname(file))) {
      const owner = entry.startsWith(begin)
        ? parseOwnerFolder(entry.slice(begin.length))
        : undefined;
      if (owner === undefined || !isOfThisSystem(owner) || !hasEnded(owner, self)) continue;
      const left = join(dirname(file), entry);
      if (statPathIfAny(left)?.nlink === 1n) rmSync(left, { force: true });
    }
  }

  function takeWithoutLinks(): boolean {
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

  /** Makes a file that says the same as our own. Throws EEXIST when it is there. */
  function makeCopy(path: string): void {
    try {
      linkSync(own, path);
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (!NO_LINKS.has(code) && code !== 'ENOENT') throw error;
      writeFileSync(path, name, { flag: 'wx' });
    }
  }

  /** Who a lock belongs to; undefined where there is none. */
  function readHolder(path: string): string | undefined {
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

  function isGone(holder: string): boolean {
    const owner = parseOwnerFolder(holder);
    if (owner !== undefined && isOfThisSystem(owner)) return hasEnded(owner, self);
    // Linking moves the time of the change; one that is written in place and was cut short says nobody.
    const age = ageOf(file);
    return age !== undefined && age > SILENCE_MS;
  }

  function isOfThisSystem({ machine, boot, namespace }: Owner): boolean {
    return machine === self.machine && (boot !== self.boot || namespace === self.namespace);
  }

  /** True when the lock of `holder` is removed, or was. */
  function free(holder: string): boolean {
    const id = holder.replace(/\W/g, '').slice(0, 160);
    for (let nth = 1; ; nth += 1) {
      const freed = `${file}.freed-${nth}-${id}`;
      try {
        makeCopy(freed);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        const freeing = readHolder(freed);
        if (freeing === undefined) return true; // done, and tidied up
        if (!isGone(freeing)) return false;
        continue; // it ended before it had done it
      }
      if (readHolder(file) === holder) rmSync(file, { force: true });
      const owner = parseOwnerFolder(holder);
      if (owner !== undefined && isOfThisSystem(owner))
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
      if (made) rmSync(own, { force: true });
      made = false;
    },
  };
}

/** One that is gone was removed together with its folder. */
function release(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Undefined where there is none. */
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
