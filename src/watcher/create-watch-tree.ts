import { basename } from 'node:path';
import type { RelativePath } from './entry.js';
import { IGNORE_FILE } from './filter.js';
import { createFolderLives, type FolderLives } from './folder-lives.js';
import type { FolderEvent, Refusal } from './folder-step.js';
import { createFolderWatches, type FolderWatches } from './folder-watches.js';
import { isFollowable } from './followed-link.js';
import { presentIdentity, sameIdentity, whatIsAt } from './identity.js';
import { knownRulesInside } from './ignore-file.js';
import { joinPath, pathOnDisk } from './path.js';
import { createTurnQueue, type TurnQueue } from './turn-queue.js';
import { maybeFolder, visitEntries } from './visit-entries.js';
import type { WatchTree, WatchTreeEvents, WatchTreeOptions } from './watch-tree.js';
import { createFolder, detachFolder, find, pathOf, type WatchedFolder } from './watched-folder.js';

/** Folders that are watched and read in one turn of the event loop; chokidar does as many at once. */
const FOLDERS_PER_TURN = 16;

export function createWatchTree(options: WatchTreeOptions, on: WatchTreeEvents): WatchTree {
  return new Tree(options, on);
}

class Tree implements WatchTree {
  readonly #options: WatchTreeOptions;
  readonly #on: WatchTreeEvents;
  readonly #links = new Set<WatchedFolder>();
  readonly #watches: FolderWatches;
  readonly #lives: FolderLives;
  readonly #queue: TurnQueue<WatchedFolder>;
  #closed = false;
  readonly refused: ReadonlyMap<WatchedFolder, Refusal>;
  root = createFolder(undefined, '', true);

  constructor(options: WatchTreeOptions, on: WatchTreeEvents) {
    this.#options = options;
    this.#on = on;
    this.#watches = createFolderWatches(options, {
      changed: (folder, kind, name) => this.#changed(folder, kind, name),
      failed: (folder, error) => this.#failed(folder, error),
      isOver: (folder) => this.#isOver(folder),
    });
    this.#lives = createFolderLives(options.clock, options.degradedRescanMs, (folder) =>
      this.#want(folder),
    );
    this.refused = this.#lives.refused;
    this.#queue = createTurnQueue(FOLDERS_PER_TURN, (folder) => this.#place(folder));
    this.#want(this.root);
  }

  get version(): number {
    return this.#lives.version;
  }

  get watched(): number {
    return this.#watches.count;
  }

  get placing(): boolean {
    return !this.#queue.isIdle() || this.#lives.passing;
  }

  renew(): void {
    this.#remove(this.root);
    this.#watches.retry();
    this.root = createFolder(undefined, '', true);
    this.#want(this.root);
  }

  retry(): void {
    this.#watches.retry();
    for (const folder of this.refused.keys()) this.#want(folder);
  }

  verify(mountPoints: readonly RelativePath[]): void {
    this.#verifyRoot();
    const mounted = mountPoints
      .map((path) => find(this.root, path))
      .filter((folder) => folder !== undefined);
    for (const folder of [...this.#links, ...mounted]) this.#verifyFolder(folder);
  }

  settled(): Promise<void> {
    return this.#queue.settled();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#remove(this.root);
    await this.#queue.settled();
    await this.#watches.closed();
  }

  /** Whether work for the folder is to be dropped. */
  #isOver(folder: WatchedFolder): boolean {
    return folder.gone || this.#closed;
  }

  #onDisk(folder: WatchedFolder): string {
    return pathOnDisk(this.#options.root, pathOf(folder));
  }

  #apply(folder: WatchedFolder, event: FolderEvent): void {
    const { push, rescan, life } = this.#lives.apply(folder, event);
    if (push) this.#queue.push(folder);
    if (rescan) this.#on.invalidate(pathOf(folder), life.refusal?.reason.message ?? '', true);
  }

  #want(folder: WatchedFolder): void {
    if (!this.#closed) this.#apply(folder, { type: 'wanted' });
  }

  /** Watches a folder, unless it is watched already, and reads it. */
  async #place(folder: WatchedFolder): Promise<void> {
    this.#apply(folder, { type: 'its turn' });
    if (this.#isOver(folder)) return;
    const refusal = this.refused.get(folder);
    try {
      if (folder.watch === undefined && !(await this.#watch(folder))) return;
      const isNew = folder.rules === undefined;
      const wasUnwatched = this.refused.has(folder);
      await this.#read(folder);
      this.#apply(folder, { type: 'placed', refusal });
      this.#on.invalidate(
        pathOf(folder),
        isNew ? 'a folder is newly watched' : 'a folder was read again',
        wasUnwatched,
      );
    } catch (error) {
      this.#refuse(folder, error);
    }
  }

  #refuse(folder: WatchedFolder, error: unknown): void {
    if (this.#isOver(folder)) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#apply(folder, { type: 'failed', reason });
  }

  #failed(folder: WatchedFolder, error: Error): void {
    if (this.#isOver(folder)) return;
    this.#watches.close(folder);
    this.#refuse(folder, error);
    this.#on.invalidate(pathOf(folder), error.message, true);
  }

  /** Resolves to whether the folder is watched now; if not, it has gone or is queued again. */
  async #watch(folder: WatchedFolder): Promise<boolean> {
    const earlier = this.refused.get(folder)?.reason;
    const outcome = await this.#watches.open(folder, this.#onDisk(folder), earlier);
    if (outcome === 'missing') this.#remove(folder);
    if (outcome === 'swapped') this.#want(folder);
    return outcome === 'watched';
  }

  async #read(folder: WatchedFolder): Promise<void> {
    this.#readRules(folder);
    for (const child of [...(folder.children?.values() ?? [])]) this.#verifyFolder(child);
    await visitEntries(this.#onDisk(folder), (entry) => {
      if (folder.gone || folder.children?.has(entry.name)) return;
      if (entry.isSymbolicLink() || maybeFolder(entry))
        this.#attach(folder, entry.name, entry.isSymbolicLink());
    });
  }

  /** Reads the ignore file of a folder. Removes its children when the rules changed: the read attaches them again. */
  #readRules(folder: WatchedFolder): void {
    const around = folder.parent?.rules ?? this.#options.rules;
    const rules = knownRulesInside(pathOf(folder), this.#onDisk(folder), around);
    if (folder.rules?.equals(rules)) return;
    for (const child of [...(folder.children?.values() ?? [])]) this.#remove(child);
    folder.rules = rules;
  }

  #attach(parent: WatchedFolder, name: string, link: boolean): void {
    if (link && !this.#options.followLinks) return;
    const path = joinPath(pathOf(parent), name);
    if (parent.rules === undefined || parent.rules.ignoresDirectory(path)) return; // its first read attaches it
    if (link && !this.#mayFollow(path, parent)) return;
    const folder = createFolder(parent, name, link);
    if (link) this.#links.add(folder);
    this.#want(folder);
  }

  /** False also when a stat fails: then the folder that holds the link is read again. */
  #mayFollow(path: RelativePath, parent: WatchedFolder): boolean {
    try {
      return isFollowable(this.#options.root, path, parent);
    } catch (error) {
      this.#refuse(parent, error);
      return false;
    }
  }

  #remove(folder: WatchedFolder): void {
    for (const each of detachFolder(folder)) {
      this.#apply(each, { type: 'removed' });
      this.#watches.close(each);
      this.#links.delete(each);
    }
  }

  #changed(folder: WatchedFolder, kind: 'rename' | 'change', name: string | undefined): void {
    if (this.#isOver(folder)) return;
    this.#on.event();
    const path = pathOf(folder);
    if (name === undefined) {
      this.#on.invalidate(path, 'an event without a name, or with one that is not UTF-8');
      this.#want(folder); // to be read again
      return;
    }
    const below = joinPath(path, name);
    const there = kind === 'rename' ? whatIsAt(pathOnDisk(this.#options.root, below)) : undefined;
    this.#on.changed(below, kind, there?.inode);
    if (name === IGNORE_FILE) this.#want(folder); // to be read again, with the new rules
    const child = folder.children?.get(name);
    if (kind === 'rename') {
      if (child !== undefined) this.#remove(child);
      if (there?.folder !== undefined) this.#attach(folder, name, there.folder === 'link');
      if (name === (folder.parent === undefined ? basename(this.#options.root) : folder.name))
        this.#verifyFolder(folder);
    } else if (child !== undefined && this.refused.has(child)) this.#want(child); // its permissions may have changed
  }

  #verifyFolder(folder: WatchedFolder): void {
    const { parent, name, identity } = folder;
    if (parent === undefined) this.#verifyRoot();
    if (parent === undefined || identity === undefined) return;
    if (sameIdentity(identity, presentIdentity(this.#onDisk(folder), folder.link))) return;
    const path = pathOf(folder);
    this.#remove(folder);
    this.#on.changed(path, 'rename');
    const { folder: found } = whatIsAt(pathOnDisk(this.#options.root, path));
    if (found !== undefined) this.#attach(parent, name, found === 'link');
  }

  #verifyRoot(): void {
    const root = this.root;
    if (this.refused.has(root)) return; // waits for `retry`
    if (root.watch === undefined && !this.#queue.isIdle()) return; // its watch is about to be placed
    const present = presentIdentity(this.#options.root, true);
    if (root.watch === undefined ? present === undefined : sameIdentity(root.identity, present))
      return;
    this.#on.invalidate(
      '',
      present === undefined ? 'the source has gone' : 'the source is another folder, or is back',
      true,
    );
    this.renew();
  }
}
