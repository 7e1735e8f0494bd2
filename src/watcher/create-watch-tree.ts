import { basename } from 'node:path';
import type { DirectoryWatch } from './directory-watch.js';
import type { RelativePath } from './entry.js';
import { IGNORE_FILE } from './filter.js';
import { isFollowable } from './followed-link.js';
import { identify, presentIdentity, sameIdentity, whatIsAt } from './identity.js';
import { knownRulesInside } from './ignore-file.js';
import { joinPath, pathOnDisk } from './path.js';
import { isForbidden } from './problem.js';
import { createRefusedFolders } from './refused-folders.js';
import { createTurnQueue } from './turn-queue.js';
import { maybeFolder, visitEntries } from './visit-entries.js';
import { isLimit } from './watch-limits.js';
import type { WatchTree, WatchTreeEvents, WatchTreeOptions } from './watch-tree.js';
import { createFolder, find, pathOf, removeFolder, type WatchedFolder } from './watched-folder.js';

export function createWatchTree(options: WatchTreeOptions, on: WatchTreeEvents): WatchTree {
  const links = new Set<WatchedFolder>();
  let root = createFolder(undefined, '', true);
  let watched = 0;
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

  const refusals = createRefusedFolders(options.clock, options.degradedRescanMs, enqueue);
  const refused = refusals.reasons;

  const place = async (folder: WatchedFolder): Promise<void> => {
    folder.queued = false;
    if (folder.gone || closed) return;
    const retriesOver = refusals.trying(folder);
    try {
      if (folder.watch === undefined && !(await watch(folder))) return;
      const isNew = folder.rules === undefined;
      const wasUnwatched = refused.has(folder);
      await read(folder);
      retriesOver();
      on.invalidate(
        pathOf(folder),
        isNew ? 'a folder is newly watched' : 'a folder was read again',
        wasUnwatched,
      );
    } catch (error) {
      refuse(folder, error);
    }
  };

  const refuse = (folder: WatchedFolder, error: unknown): void => {
    if (folder.gone || closed) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    // What came before there was to be a watch had no event. Later scans of it are made on a timer.
    if (!refused.has(folder) && !isForbidden(reason))
      on.invalidate(pathOf(folder), reason.message, true);
    refusals.refuse(folder, reason);
  };

  /** Folders that are watched and read in one turn of the event loop; chokidar does as many at once. */
  const queue = createTurnQueue(16, place);

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
    if (above !== undefined && above.device !== identity.device)
      throwIfAny(options.unwatchable(path));
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
          on.invalidate(pathOf(folder), error.message, true);
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
      if (entry.isSymbolicLink() || maybeFolder(entry))
        attach(folder, entry.name, entry.isSymbolicLink());
    });
  };

  /** Where others hold than before, all below is met anew. */
  const readRules = (folder: WatchedFolder): void => {
    const rules = knownRulesInside(
      pathOf(folder),
      onDisk(folder),
      folder.parent?.rules ?? options.rules,
    );
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
      refusals.forget(each);
      links.delete(each);
    }
  };

  const changed = (
    folder: WatchedFolder,
    kind: 'rename' | 'change',
    name: string | undefined,
  ): void => {
    if (folder.gone || closed) return;
    on.event();
    const path = pathOf(folder);
    if (name === undefined) {
      on.invalidate(path, 'a name that is not UTF-8, or was not told, changed');
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
      if (name === (folder.parent === undefined ? basename(options.root) : folder.name))
        verifyFolder(folder);
    } else if (child !== undefined && refused.has(child)) enqueue(child); // its permissions may have changed
  };

  const verifyFolder = (folder: WatchedFolder): void => {
    const { parent, name, identity } = folder;
    if (parent === undefined) verifyRoot();
    if (
      parent === undefined ||
      identity === undefined ||
      sameIdentity(identity, presentIdentity(onDisk(folder), folder.link))
    )
      return;
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
    if (root.watch === undefined ? present === undefined : sameIdentity(root.identity, present))
      return;
    on.invalidate(
      '',
      present === undefined ? 'the source has gone' : 'the source is another folder, or is back',
      true,
    );
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
      return refusals.version;
    },
    get watched() {
      return watched;
    },
    get root() {
      return root;
    },
    get placing() {
      return !queue.isIdle() || refusals.passing;
    },
    retry() {
      limit = undefined;
      for (const folder of refused.keys()) enqueue(folder);
    },
    verify(mountPoints) {
      verifyRoot();
      const mounted = mountPoints
        .map((path) => find(root, path))
        .filter((folder) => folder !== undefined);
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
