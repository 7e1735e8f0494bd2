import { basename } from 'node:path';
import type { Clock } from '../clock.js';
import type { DirectoryWatch, WatchDirectory } from './directory-watch.js';
import type { RelativePath } from './entry.js';
import { type FolderRules, IGNORE_FILE } from './filter.js';
import { isFollowable } from './followed-link.js';
import { identify, presentIdentity, sameIdentity, whatIsAt } from './identity.js';
import { knownRulesInside } from './ignore-file.js';
import { isLasting, retryAfterMs } from './lasting.js';
import { joinPath, pathOnDisk } from './path.js';
import { isForbidden } from './problem.js';
import { createTurnQueue } from './turn-queue.js';
import { maybeFolder, visitEntries } from './visit-entries.js';
import { isLimit } from './watch-limits.js';
import { createFolder, find, pathOf, removeFolder, type WatchedFolder } from './watched-folder.js';

/**
 * One watch for each folder of a source, kept in step with the disk.
 *
 * A folder is first watched and then read, so that what is created in it is either read or announced by an event. The
 * events of a folder say which entry came or went; a name that has one is taken out of the tree with all below it, and
 * looked at again. It may be another folder under the same name, even with the same inode number.
 */
export interface WatchTree {
  /** Folders that are watched now. */
  readonly watched: number;
  /**
   * Folders that could not be watched or read (all below them is unwatched as well), with the reason. Where that may be over
   * soon, they are tried again after 1, 2, 4 ... s by themselves.
   */
  readonly refused: ReadonlyMap<WatchedFolder, Error>;
  /** Another number after each change of `refused`. */
  readonly version: number;
  readonly root: WatchedFolder;
  /** Some folders are still to be watched, or read once more: what changes in them has no event yet. */
  readonly placing: boolean;
  /** Gives back all watches and places them anew. */
  renew(): void;
  /** Tries the refused folders again. */
  retry(): void;
  /** Looks whether the root, the followed links and `mountPoints` still are the folders that are watched. */
  verify(mountPoints: readonly RelativePath[]): void;
  /** Resolves when no folder waits for its watch. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface WatchTreeOptions {
  /** Absolute. */
  readonly root: string;
  readonly watchDirectory: WatchDirectory;
  /** Without those of ignore files in the source. */
  readonly rules: FolderRules;
  /** Watch folders behind symbolic links, when they are in the source themselves. */
  readonly followLinks: boolean;
  /** Why a file system that is mounted below the root cannot be watched; undefined: it can. */
  readonly unwatchable: (absolutePath: string) => Error | undefined;
  /** The longest wait between tries of a folder that could not be read. */
  readonly degradedRescanMs: number;
  readonly clock: Pick<Clock, 'after'>;
}

/** A folder that failed, for a reason that may be over. */
interface Failing {
  readonly failures: number;
  readonly cancel: () => void;
}

export interface WatchTreeEvents {
  /** Any event at all: for the count of what the kernel's queue gives out. */
  event(): void;
  /** `inode`: of a file that has appeared under the path. */
  changed(path: RelativePath, inode?: bigint): void;
  /** Anything at and below may have changed unseen. `unheard`: at any time, since there was no event of it. */
  doubt(under: RelativePath, why: string, unheard?: boolean): void;
}

/** After so many, about a minute, what fails is not about to be over: it counts as degraded alone. */
const PASSING_FAILURES = 6;

/** Watched and read in one turn of the event loop; chokidar does as many at once. */
const FOLDERS_PER_TURN = 16;

export function createWatchTree(options: WatchTreeOptions, on: WatchTreeEvents): WatchTree {
  const refused = new Map<WatchedFolder, Error>();
  const links = new Set<WatchedFolder>();
  const failing = new Map<WatchedFolder, Failing>();
  let root = createFolder(undefined, '', true);
  let watched = 0;
  let version = 0;
  let closed = false;
  /** The limit of the system that was hit: until the next retry nothing more is tried. */
  let limit: Error | undefined;
  let closing: Promise<unknown> = Promise.resolve();

  const onDisk = (folder: WatchedFolder): string => pathOnDisk(options.root, pathOf(folder));

  const enqueue = (folder: WatchedFolder): void => {
    if (folder.queued || folder.gone || closed) return;
    folder.queued = true;
    queue.push(folder);
  };

  const place = async (folder: WatchedFolder): Promise<void> => {
    folder.queued = false;
    if (folder.gone || closed) return;
    const before = failing.get(folder);
    before?.cancel();
    try {
      if (folder.watch === undefined && !(await watch(folder))) return;
      const isNew = folder.rules === undefined;
      const wasUnwatched = refused.has(folder);
      await read(folder);
      if (failing.get(folder) === before) {
        permit(folder);
        failing.delete(folder);
      }
      on.doubt(pathOf(folder), isNew ? 'a folder is newly watched' : 'a folder was read again', wasUnwatched);
    } catch (error) {
      refuse(folder, error);
    }
  };

  const refuse = (folder: WatchedFolder, error: unknown): void => {
    if (folder.gone || closed) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    // What came before there was to be a watch had no event. Later scans of it are made on a timer.
    if (!refused.has(folder) && !isForbidden(reason)) on.doubt(pathOf(folder), reason.message, true);
    refused.set(folder, reason);
    version += 1;
    const before = failing.get(folder);
    before?.cancel();
    failing.delete(folder);
    if (isLasting(reason)) return;
    const failures = (before?.failures ?? 0) + 1;
    const cancel = options.clock.after(retryAfterMs(failures, options.degradedRescanMs), () => enqueue(folder));
    failing.set(folder, { failures, cancel });
  };

  const permit = (folder: WatchedFolder): void => {
    if (refused.delete(folder)) version += 1;
  };

  const queue = createTurnQueue(FOLDERS_PER_TURN, place);

  /** Resolves to whether the folder is watched now; if not, it has gone or is queued again. */
  const watch = async (folder: WatchedFolder): Promise<boolean> => {
    if (limit !== undefined) throw limit;
    const path = onDisk(folder);
    // A network mount that was refused is not even looked at again: when its server is away, that would hang.
    const earlier = refused.get(folder);
    if (earlier !== undefined && !isLimit(earlier)) throwIfAny(options.unwatchable(path));
    const identity = identify(path, folder.link);
    if (identity === undefined) {
      remove(folder);
      return false;
    }
    const above = folder.parent?.identity;
    if (above !== undefined && above.device !== identity.device) throwIfAny(options.unwatchable(path));
    const opened = await open(folder, path);
    if (folder.gone || closed) {
      await opened.close();
      return false;
    }
    folder.watch = opened;
    watched += 1;
    if (!sameIdentity(identity, identify(path, folder.link))) {
      unwatch(folder); // swapped in between: which of the two is watched cannot be known
      enqueue(folder);
      return false;
    }
    folder.identity = identity;
    return true;
  };

  const open = async (folder: WatchedFolder, path: string): Promise<DirectoryWatch> => {
    try {
      return await options.watchDirectory(path, {
        changed: (kind, name) => changed(folder, kind, name),
        failed(error) {
          if (folder.gone || closed) return;
          unwatch(folder);
          refuse(folder, error);
          on.doubt(pathOf(folder), error.message, true);
        },
      });
    } catch (error) {
      if (error instanceof Error && isLimit(error)) limit = error;
      throw error;
    }
  };

  const read = async (folder: WatchedFolder): Promise<void> => {
    readRules(folder);
    for (const child of [...(folder.children?.values() ?? [])]) verifyFolder(child);
    await visitEntries(onDisk(folder), (entry) => {
      if (folder.gone || folder.children?.has(entry.name)) return;
      if (entry.isSymbolicLink() || maybeFolder(entry)) attach(folder, entry.name, entry.isSymbolicLink());
    });
  };

  /** Where others hold than before, all below is met anew. */
  const readRules = (folder: WatchedFolder): void => {
    const rules = knownRulesInside(pathOf(folder), onDisk(folder), folder.parent?.rules ?? options.rules);
    if (folder.rules?.equals(rules)) return;
    for (const child of [...(folder.children?.values() ?? [])]) remove(child);
    folder.rules = rules;
  };

  const attach = (parent: WatchedFolder, name: string, link: boolean): void => {
    if (link && !options.followLinks) return;
    const path = joinPath(pathOf(parent), name);
    if (parent.rules === undefined || parent.rules.ignoresDirectory(path)) return; // one that was never read will be
    if (link && !mayFollow(path, parent)) return;
    const folder = createFolder(parent, name, link);
    if (link) links.add(folder);
    enqueue(folder);
  };

  /** False also when it cannot be told yet: then the folder that holds the link is read again. */
  const mayFollow = (path: RelativePath, parent: WatchedFolder): boolean => {
    try {
      return isFollowable(options.root, path, parent);
    } catch (error) {
      refuse(parent, error);
      return false;
    }
  };

  const unwatch = (folder: WatchedFolder): void => {
    if (folder.watch === undefined) return;
    const closed = folder.watch.close();
    if (closed !== undefined) closing = Promise.allSettled([closing, closed]);
    folder.watch = undefined;
    watched -= 1;
  };

  const remove = (folder: WatchedFolder): void => {
    for (const each of removeFolder(folder)) {
      unwatch(each);
      permit(each);
      links.delete(each);
      failing.get(each)?.cancel();
      failing.delete(each);
    }
  };

  const changed = (folder: WatchedFolder, kind: 'rename' | 'change', name: string | undefined): void => {
    if (folder.gone || closed) return;
    on.event();
    const path = pathOf(folder);
    if (name === undefined) {
      on.doubt(path, 'a name that is not UTF-8, or was not told, changed');
      enqueue(folder); // to be read again
      return;
    }
    const below = joinPath(path, name);
    const there = kind === 'rename' ? whatIsAt(pathOnDisk(options.root, below)) : undefined;
    on.changed(below, there?.inode);
    if (name === IGNORE_FILE) enqueue(folder); // to be read again, with the rules that hold now
    const child = folder.children?.get(name);
    if (kind === 'rename') {
      if (child !== undefined) remove(child);
      if (there?.folder !== undefined) attach(folder, name, there.folder === 'link');
      if (name === (folder.parent === undefined ? basename(options.root) : folder.name)) verifyFolder(folder);
    } else if (child !== undefined && refused.has(child)) enqueue(child); // its permissions may have changed
  };

  const verifyFolder = (folder: WatchedFolder): void => {
    const { parent, name, identity } = folder;
    if (parent === undefined) verifyRoot();
    if (parent === undefined || identity === undefined || sameIdentity(identity, presentIdentity(onDisk(folder), folder.link))) return;
    const path = pathOf(folder);
    remove(folder);
    on.changed(path);
    const { folder: found } = whatIsAt(pathOnDisk(options.root, path));
    if (found !== undefined) attach(parent, name, found === 'link');
  };

  const verifyRoot = (): void => {
    if (refused.has(root)) return; // waits for `retry`
    if (root.watch === undefined && !queue.isIdle()) return; // its watch is just being placed
    const present = presentIdentity(options.root, true);
    if (root.watch === undefined ? present === undefined : sameIdentity(root.identity, present)) return;
    on.doubt('', present === undefined ? 'the source has gone' : 'the source is another folder, or is back', true);
    renew();
  };

  const renew = (): void => {
    remove(root);
    limit = undefined;
    root = createFolder(undefined, '', true);
    enqueue(root);
  };

  enqueue(root);

  return {
    renew,
    refused,
    get version() {
      return version;
    },
    get watched() {
      return watched;
    },
    get root() {
      return root;
    },
    get placing() {
      return !queue.isIdle() || [...failing.values()].some(({ failures }) => failures <= PASSING_FAILURES);
    },
    retry() {
      limit = undefined;
      for (const folder of refused.keys()) enqueue(folder);
    },
    verify(mountPoints) {
      verifyRoot();
      const mounted = mountPoints.map((path) => find(root, path)).filter((folder) => folder !== undefined);
      for (const folder of [...links, ...mounted]) verifyFolder(folder);
    },
    settled: queue.settled,
    async close() {
      closed = true;
      remove(root);
      await queue.settled();
      await closing;
    },
  };
}

function throwIfAny(error: Error | undefined): void {
  if (error !== undefined) throw error;
}
