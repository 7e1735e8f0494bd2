import {
  appendFileSync,
  type BigIntStats,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { codeOf, Refusal } from './failure.js';
import { containerNameProblem, isFolderKey, keyProblem } from './names.js';
import { statEntry } from './stat.js';

/** The folders above an object. What was seen is believed until `forget`, which is called between batches. */
export interface Folders {
  /**
   * Makes the folders that the key needs below its container. Returns those in which a folder was made, as they have to
   * be made durable too. An obstacle, a symbolic link above all, is refused: no path leaves the container.
   * `first` is called before any folder is made.
   */
  make(container: string, key: string, first: () => void): readonly string[];
  forget(): void;
}

export function createFolders(): Folders {
  const seen = new Set<string>();

  function makeOne(
    parent: string,
    path: string,
    container: string,
    key: string,
    first: () => void,
    changed: string[],
  ): void {
    if (seen.has(path)) return;
    const stat = statEntry(path);
    if (stat === undefined) {
      try {
        if (changed.length === 0) first();
        mkdirSync(path);
        changed.push(parent);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        makeOne(parent, path, container, key, first, changed); // another process was quicker; see what it made
        return;
      }
    } else if (!stat.isDirectory()) {
      throw new Refusal({
        kind: 'in-the-way',
        key,
        obstacle: obstacleText(path.slice(container.length + 1), stat),
      });
    }
    seen.add(path);
  }

  return {
    make(container, key, first) {
      const changed: string[] = [];
      const parent = parentOf(container, key);
      if (seen.has(parent)) return changed;
      let path = container;
      for (const segment of key.split('/').slice(0, -1)) {
        const above = path;
        path = `${path}/${segment}`;
        makeOne(above, path, container, key, first, changed);
      }
      return changed;
    },
    forget: () => seen.clear(),
  };
}

/** The folder in which an object's file is. */
export function parentOf(container: string, key: string): string {
  const slash = key.lastIndexOf('/');
  return slash === -1 ? container : `${container}/${key.slice(0, slash)}`;
}

/** Whether each folder above the object is a real one. Nothing is looked for behind a symbolic link. */
export function hasRealParents(container: string, key: string): boolean {
  let path = container;
  for (const segment of key.split('/').slice(0, -1)) {
    path = `${path}/${segment}`;
    if (!statEntry(path)?.isDirectory()) return false;
  }
  return true;
}

/**
 * The file of an object, or the folder where the key ends in "/"; undefined for anything else that is there, and for what lies
 * behind a symbolic link.
 */
export function statObject(container: string, key: string): BigIntStats | undefined {
  const stat = hasRealParents(container, key) ? statEntry(`${container}/${key}`) : undefined;
  return (isFolderKey(key) ? stat?.isDirectory() : stat?.isFile()) ? stat : undefined;
}

/** Whether a folder, by its path, is to stay although it is empty. */
export type IsKept = (folder: string) => boolean;

/** Removes the folders above an object that are empty now. Returns the folder whose entries have changed at last. */
export function removeEmptyParents(container: string, key: string, isKept: IsKept): string {
  let folder = parentOf(container, key);
  while (folder !== container && !isKept(folder) && removeIfEmpty(folder))
    folder = folder.slice(0, folder.lastIndexOf('/'));
  return folder;
}

/** Removes the folder and the folders in it, unless there is anything else in them, or one is kept. False when there is. */
export function removeEmptyTree(folder: string, isKept: IsKept): boolean {
  if (isKept(folder)) return false;
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    // Buffers, since a name that is not UTF-8 counts too.
    if (!entry.isDirectory()) return false;
    const name = entry.name as unknown as Buffer;
    const text = name.toString();
    if (!Buffer.from(text).equals(name) || !removeEmptyTree(`${folder}/${text}`, isKept))
      return false;
  }
  return removeIfEmpty(folder);
}

/** False when anything is in it, or it is a mount. */
export function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return true;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EBUSY') return false;
    throw error;
  }
}

function obstacleText(
  name: string,
  stat: { isFile(): boolean; isSymbolicLink(): boolean },
): string {
  if (stat.isFile())
    return `the object "${name}" stands in the way, as a file cannot be a folder too`;
  if (stat.isSymbolicLink())
    return `"${name}" is a symbolic link, and nothing is written through one`;
  return `"${name}" is there, and is no folder`;
}

/**
 * Folders that a kill, or an error, between two calls of a change would leave empty: made for an object that is not there
 * yet, or left by one that was. Only for the holder of the root's lock. Never a reason for a call to fail: where their file
 * cannot be written or read, an empty folder may stay.
 */
export interface EmptyFolders {
  /** Before the change: the folders above these objects may be empty after a part of it. */
  expect(container: string, keys: readonly string[]): void;
  /** After the changes: removes those that are empty. */
  settle(): void;
  /** The same, of a process that was killed. */
  recover(): void;
}

/** Keys of a root, whose folder is there; noted in `file`. */
export function createEmptyFolders(
  root: string,
  file: string,
  maxKeyBytes: number,
  isKept: (container: string, folder: string) => boolean,
): EmptyFolders {
  let noted = new Set<string>();

  function settleNoted(): void {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [container, key] = parse(line) ?? [];
      if (container === undefined || key === undefined) continue;
      if (
        containerNameProblem(container) !== undefined ||
        keyProblem(key, maxKeyBytes) !== undefined
      )
        continue;
      removeEmptyAbove(`${root}/${container}`, key, (folder) => isKept(container, folder));
    }
    rmSync(file);
  }

  return {
    expect(container, keys) {
      const lines: string[] = [];
      for (const key of keys) {
        const parent = parentOf(container, key);
        if (parent === container || noted.has(parent)) continue;
        noted.add(parent);
        lines.push(`${JSON.stringify([container, key])}\n`);
      }
      if (lines.length > 0) whereWritable(() => appendFileSync(file, lines.join('')));
    },
    settle() {
      if (noted.size === 0) return;
      noted = new Set();
      whereWritable(settleNoted);
    },
    recover: () => whereWritable(settleNoted),
  };
}

function whereWritable(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Undefined for a line that is none of ours, or that was cut short. */
function parse(line: string): readonly [string, string] | undefined {
  try {
    const [container, key] = JSON.parse(line) as unknown[];
    return typeof container === 'string' && typeof key === 'string' ? [container, key] : undefined;
  } catch {
    return undefined;
  }
}

/** As a delete does, also where some of the folders are gone already. */
function removeEmptyAbove(container: string, key: string, isKept: IsKept): void {
  if (hasRealParents(container, key)) {
    removeEmptyParents(container, key, isKept);
    return;
  }
  for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
    const folder = key.slice(0, at);
    if (!hasRealParents(container, folder)) continue;
    const path = `${container}/${folder}`;
    const found = statEntry(path);
    if (found === undefined) continue;
    if (!found.isDirectory() || isKept(path) || !removeIfEmpty(path)) return;
  }
}
