import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { covers } from '../../src/watcher/cover.js';
import type { Hint, Watcher } from '../../src/watcher/watcher.js';

/**
 * Waits for a condition; fails with what `describe` says when it does not come true in time. Looks no more than half of
 * the time: a look at a large tree takes the event loop from who is to make it true.
 */
export async function until(
  isTrue: () => boolean,
  describe: () => string = () => String(isTrue),
  ms = 30_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    const began = performance.now();
    if (isTrue()) return;
    const ended = performance.now();
    if (ended > deadline) throw new Error(`not within ${ms} ms: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, Math.max(5, ended - began)));
  }
}

type Look = Map<string, string>;

/** What a reader of hints must believe in the end: each file below a folder, with what lstat says of it. */
export function statsBelow(root: string, under = ''): Look {
  const look: Look = new Map();
  const folders = [under];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of namesIn(at(root, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const kind = record(root, path, look);
      if (kind === 'folder') folders.push(path);
    }
  }
  return look;
}

/**
 * A reader that knows the disk from hints alone: it looks at a hinted path itself, never below it, and reads everything
 * below a rescan. If it comes to believe what is there, every change was covered by a hint at or after it.
 */
export class Follower {
  readonly hints: Hint[] = [];
  readonly believes: Look;
  readonly ended: Promise<void>;
  readonly #root: string;

  constructor(root: string, watcher: Watcher) {
    this.#root = root;
    this.believes = statsBelow(root);
    this.ended = this.#read(watcher);
  }

  async #read(watcher: Watcher): Promise<void> {
    for await (const hint of watcher) {
      this.hints.push(hint);
      if (hint.kind === 'rescan') this.#rescan(hint.under);
      else for (const path of hint.paths) this.#look(path);
    }
  }

  #look(path: string): void {
    this.believes.delete(path);
    if (record(this.#root, path, this.believes) !== undefined) return;
    for (const known of this.believes.keys()) if (covers(path, known)) this.believes.delete(known);
  }

  #rescan(under: string): void {
    for (const known of this.believes.keys()) if (covers(under, known)) this.believes.delete(known);
    if (under !== '') record(this.#root, under, this.believes);
    for (const [path, stat] of statsBelow(this.#root, under)) this.believes.set(path, stat);
  }

  /** Resolves when it believes what is on the disk. */
  async follows(ms?: number): Promise<void> {
    const differences = () => {
      const real = statsBelow(this.#root);
      const wrong = [...new Set([...real.keys(), ...this.believes.keys()])].filter(
        (path) => real.get(path) !== this.believes.get(path),
      );
      return `${wrong.length} paths are not as believed: ${wrong.slice(0, 5).join(', ')}; last hints ${JSON.stringify(this.hints.slice(-3)).slice(0, 500)}`;
    };
    await until(() => isDeepStrictEqual(statsBelow(this.#root), this.believes), differences, ms);
  }
}

/** Without ctime: a new hard link changes it, which inotify reports only to a watch of the file itself. */
export function describeStat(stat: BigIntStats): string {
  return `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.mode}`;
}

function at(root: string, path: string): string {
  return path === '' ? root : `${root}/${path}`;
}

function record(root: string, path: string, look: Look): 'folder' | 'file' | undefined {
  try {
    const stat = lstatSync(at(root, path), { bigint: true });
    if (stat.isDirectory()) return 'folder';
    look.set(path, describeStat(stat));
    return 'file';
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
