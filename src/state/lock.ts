import { type FileHandle, link, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isoTime } from '../clock.js';
import { failpoint } from '../failpoint.js';
import { syncFolder, temporaryName } from './durable-file.js';
import { reasonOf, StateLockedError, StateUnavailableError, systemCode } from './errors.js';
import { fateOf, type ProcessIdentity, thisProcess } from './process-identity.js';
import { isThere } from './set-aside.js';

export interface StateLock {
  /** A second call does nothing. */
  release(): Promise<void>;
}

interface Holder extends ProcessIdentity {
  /** ISO 8601. */
  readonly since: string;
  readonly command: string;
}

/** Between two signs of life, for those who cannot look up our pid. */
const BEAT_MS = 20_000;
/** A holder that cannot be seen and is silent for so long is gone. */
const SILENCE_MS = 90_000;
/** What link(2) says on FAT, and on many network shares. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
const LOCK = /^lock\.(\d{1,15})$/;
/** As `temporaryName` makes them. */
const UNLINKED = /^lock\.[0-9a-f]{12}\.tmp$/;

/**
 * Takes the state folder for this process. Node has no flock(2), so the lock is a file `lock.N` that names its holder.
 * The file with the highest number counts. It is followed, once its holder has released it or is dead, by creating
 * number N + 1, which the file system lets only one process do; and the highest number is never removed, so that no process
 * can create a number that was there before. A holder that was killed leaves a lock that the next one follows.
 *
 * @throws StateLockedError saying who holds it.
 */
export async function takeLock(folder: string, clock: Clock): Promise<StateLock> {
  const self = await thisProcess();
  const holder: Holder = {
    ...self,
    since: isoTime(clock.now()),
    command: process.argv.slice(1).join(' '),
  };
  const text = `${JSON.stringify(holder)}\n`;
  const temporary = temporaryName(join(folder, 'lock'));
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    const number = await follow(folder, temporary, self);
    failpoint('state: lock linked, folder not synced');
    await syncFolder(folder);
    await removeEarlier(folder, number);
    await removeUnlinked(folder, temporary, self);
    return heldLock(file, text, clock);
  } catch (error) {
    await file.close();
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The lock of a folder, read without taking it; `held` also when that is unknown. A missing folder has none. */
export async function seeLock(
  folder: string,
): Promise<{ readonly number: number; readonly held: boolean }> {
  try {
    const number = await newestNumber(folder);
    const holder =
      number === 0 ? undefined : readHolder(await readFile(join(folder, `lock.${number}`), 'utf8'));
    return {
      number,
      held: holder !== undefined && (await fateOf(holder, await thisProcess())) !== 'dead',
    };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      throw new StateUnavailableError(folder, `cannot be looked at: ${reasonOf(error)}`, error);
    return (await isThere(folder)) ? seeLock(folder) : { number: 0, held: false }; // followed in this moment by a newer one
  }
}

/** What processes left behind that were killed as they took the lock; never what one is about to take it with. */
async function removeUnlinked(
  folder: string,
  temporary: string,
  self: ProcessIdentity,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!UNLINKED.test(name) || path === temporary) continue;
    try {
      const holder = readHolder(await readFile(path, 'utf8'));
      const isDead =
        holder === undefined
          ? (await silenceMs(path, temporary)) > SILENCE_MS
          : (await fateOf(holder, self)) === 'dead';
      if (isDead) await rm(path, { force: true });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error; // its owner has removed it
    }
  }
}

async function follow(folder: string, temporary: string, self: ProcessIdentity): Promise<number> {
  for (;;) {
    const newest = await newestNumber(folder);
    if (newest > 0 && !(await isFree(join(folder, `lock.${newest}`), folder, temporary, self)))
      continue;
    const number = newest + 1;
    const path = join(folder, `lock.${number}`);
    try {
      await link(temporary, path);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') continue; // another one was faster: look at it
      if (!NO_LINKS.has(systemCode(error))) throw error;
      throw new StateUnavailableError(
        folder,
        'its file system has no hard links, which the lock needs: name a folder on a local one',
        error,
      );
    }
    // Had we looked long ago, this number could be one that was followed and removed since.
    if ((await newestNumber(folder)) === number) return number;
    await rm(path, { force: true });
  }
}

/** False when it has gone meanwhile, so that a newer one must be there. @throws StateLockedError when it is held. */
async function isFree(
  path: string,
  folder: string,
  temporary: string,
  self: ProcessIdentity,
): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
  const holder = readHolder(text);
  if (holder === undefined) return true;
  const fate = await fateOf(holder, self);
  if (fate === 'dead') return true;
  const who = `pid ${holder.pid} on ${holder.host}, since ${holder.since}, command: ${holder.command}`;
  if (fate === 'alive')
    throw new StateLockedError(
      folder,
      `another longshore works on this state folder (${who}). Stop it first`,
    );
  const silentMs = await silenceMs(path, temporary);
  if (silentMs > SILENCE_MS) return true;
  throw new StateLockedError(
    folder,
    `another longshore works on this state folder (${who}), on another host or in another container; its last heartbeat is ${Math.round(silentMs / 1000)} s old. If it is gone, try again in ${Math.round(SILENCE_MS / 1000)} s`,
  );
}

/** How long before our own file this one was written last. Both times are the file system's own, so that no two clocks are compared. */
async function silenceMs(path: string, temporary: string): Promise<number> {
  return (await stat(temporary)).mtimeMs - (await stat(path)).mtimeMs;
}

/** Undefined for a lock that was released. */
function readHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text);
    return typeof holder.pid === 'number' ? holder : undefined;
  } catch {
    return undefined; // emptied by its holder at this moment, or by a loss of power: it has no holder
  }
}

async function newestNumber(folder: string): Promise<number> {
  return Math.max(0, ...(await readdir(folder)).map((name) => Number(LOCK.exec(name)?.[1] ?? 0)));
}

async function removeEarlier(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = LOCK.exec(name);
    if (match !== null && Number(match[1]) < number) await rm(join(folder, name), { force: true });
  }
}

function heldLock(file: FileHandle, text: string, clock: Clock): StateLock {
  let beating: Promise<unknown> = Promise.resolve();
  let cancel = clock.after(BEAT_MS, beat);
  let releasing: Promise<void> | undefined;

  function beat(): void {
    // Writing the same again moves the file's time. A beat that fails is one beat lost.
    beating = file.write(text, 0).catch(() => undefined);
    cancel = clock.after(BEAT_MS, beat);
  }

  async function release(): Promise<void> {
    cancel();
    await beating;
    try {
      await file.truncate(0);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  return {
    release() {
      releasing ??= release();
      return releasing;
    },
  };
}
