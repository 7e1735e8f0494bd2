import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { statPath } from '../file-stat.js';
import type { Logger } from '../log.js';
import { makeFolders } from '../make-folders.js';
import { endPreparedCheck } from './check-in-child.js';
import { removeTemporaryFiles } from './durable-file.js';
import { reasonOf, StateError, StateUnavailableError, systemCode } from './errors.js';
import { type StateLock, takeLock } from './lock.js';
import type { IndexLocation } from './object-index.js';
import { type MirrorStore, type MirrorToOpen, openMirror } from './open-mirror.js';

export interface OpenStateOptions {
  /** Absolute path; made with mode 0700 where it is missing. */
  readonly folder: string;
  readonly mirrors: readonly MirrorToOpen[];
  readonly clock: Clock;
  readonly log?: Logger;
  /** Ends the opening, which may have to look through a large index first. */
  readonly signal?: AbortSignal;
}

export interface State {
  /** By mirror name; one for each that is open. */
  readonly mirrors: ReadonlyMap<string, MirrorStore>;
  /** Opens that of one more mirror. Rejects as `openState` does. */
  open(mirror: MirrorToOpen): Promise<MirrorStore>;
  /** Flushes and closes that of one mirror. Does nothing where it is not open. */
  leave(mirror: string): Promise<void>;
  /** Flushes and closes everything, then gives back the lock. A second call does nothing. */
  close(): Promise<void>;
}

/** Opened for a while; what came first is closed last. */
export interface Closing {
  close(): Promise<void>;
}

const LOOK =
  'unless it was killed, a call of the system failed in LMDB: see the kernel log, the limits of memory and of open files, and whether its file system has file locks';

/**
 * Opens the state of all mirrors, for this process alone.
 *
 * @throws StateLockedError, StateNewerError, StateUnavailableError; what had been opened is closed again.
 */
export async function openState({ log, ...options }: OpenStateOptions): Promise<State> {
  const lock = await lockFolder(options.folder, options.clock);
  const opened: Closing[] = [{ close: () => lock.release() }];
  const rebuilt = (mirror: string, why: string) =>
    log?.warn('state rebuilt', {
      mirror,
      why,
      until: 'the next reconcile has finished, nothing is deleted',
    });
  const cutShort = (mirror: string, file: string) =>
    log?.warn('the last start ended while it opened the index', { mirror, file, look: LOOK });
  try {
    await removeTemporaryFiles(options.folder, isDocument).catch(() => undefined);
    return await openMirrors({ ...options, rebuilt, cutShort }, opened);
  } catch (error) {
    await closeAll(opened).catch((closeError: unknown) =>
      log?.error('state not closed', { error: reasonOf(closeError) }),
    );
    throw error;
  }
}

/** Other processes that ask for the lock write files of their own meanwhile. */
const isDocument = (name: string) => name.includes('.json.');

/** Where the state of a mirror is; `folder`: that of all mirrors. */
export function locationOf(
  folder: string,
  mirror: string,
  engine: IndexLocation['engine'],
): IndexLocation {
  return { engine, folder: join(folder, 'mirrors', mirror) };
}

export interface OpenMirrorsOptions extends Omit<OpenStateOptions, 'log'> {
  /** Called for each mirror whose index or ledger was rebuilt. */
  readonly rebuilt: (mirror: string, why: string) => void;
  /** Called for an index in whose opening the last process ended. */
  readonly cutShort?: (mirror: string, file: string) => void;
}

/** For a process that holds the folder's lock. Adds what it opens to `opened`; `close` of the state closes them all. */
export async function openMirrors(
  { folder, mirrors, clock, signal, rebuilt, cutShort }: OpenMirrorsOptions,
  opened: Closing[],
): Promise<State> {
  const stores = new Map<string, MirrorStore & Closing>();
  async function open({ engine, ...mirror }: MirrorToOpen): Promise<MirrorStore> {
    const { name } = mirror;
    signal?.throwIfAborted();
    const location = locationOf(folder, mirror.name, engine);
    const store = await openMirror({
      ...mirror,
      location,
      clock,
      signal,
      cutShort: (file) => cutShort?.(name, file),
    });
    opened.push(store);
    stores.set(name, store);
    if (store.rebuilt !== undefined) rebuilt(name, store.rebuilt);
    return store;
  }
  for (const mirror of mirrors) await open(mirror);
  endPreparedCheck();
  let closing: Promise<void> | undefined;
  return {
    mirrors: stores,
    open,
    async leave(name) {
      const store = stores.get(name);
      if (store === undefined) return;
      stores.delete(name);
      opened.splice(opened.indexOf(store), 1);
      await store.close();
    },
    close() {
      closing ??= closeAll(opened);
      return closing;
    },
  };
}

async function lockFolder(folder: string, clock: Clock): Promise<StateLock> {
  try {
    await makeFolders(folder, 0o700);
    requireOwn(folder);
    return await takeLock(folder, clock);
  } catch (error) {
    if (error instanceof StateError) throw error;
    const advice = isInTheWay(error)
      ? 'Something else than a folder is in its place: move it'
      : 'Make it writable for this user';
    throw new StateUnavailableError(
      folder,
      `the state folder cannot be used (${reasonOf(error)}). ${advice}, or name another one under "state" in the configuration`,
      error,
    );
  }
}

const WRITABLE_BY_OTHERS = 0o002n;

/** Who can write to the state can have objects deleted; and files of root in it would keep its own user out. */
function requireOwn(folder: string): void {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (uid === undefined || gid === undefined) return;
  const { uid: owner, mode } = statPath(folder);
  if (owner !== BigInt(uid)) {
    const mend = `run longshore as that user, or give it the folder: chown -R ${uid}:${gid} '${folder}'`;
    throw new StateUnavailableError(
      folder,
      `belongs to user ${owner}, and longshore runs as user ${uid}: ${mend}`,
    );
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0n) {
    throw new StateUnavailableError(
      folder,
      `may be written to by every user: chmod o-w '${folder}', and see what they have left in it`,
    );
  }
}

/** A file where the folder, or one above it, should be. */
function isInTheWay(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'EEXIST' || code === 'ENOTDIR';
}

/** The last first; each is closed whatever becomes of the others. Rejects with the first error. */
export async function closeAll(opened: readonly Closing[]): Promise<void> {
  const errors: unknown[] = [];
  for (const one of opened.toReversed())
    await one.close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
