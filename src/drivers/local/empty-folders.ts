import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { codeOf } from './failure.js';
import { hasRealParents, parentOf, removeEmptyParents, removeIfEmpty } from './folders.js';
import { containerNameProblem, keyProblem } from './names.js';
import { statEntry } from './stat.js';

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
export function createEmptyFolders(root: string, file: string, maxKeyBytes: number): EmptyFolders {
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
      removeEmptyAbove(`${root}/${container}`, key);
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
function removeEmptyAbove(container: string, key: string): void {
  if (hasRealParents(container, key)) {
    removeEmptyParents(container, key);
    return;
  }
  for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
    const folder = key.slice(0, at);
    if (!hasRealParents(container, folder)) continue;
    const found = statEntry(`${container}/${folder}`);
    if (found !== undefined && !(found.isDirectory() && removeIfEmpty(`${container}/${folder}`)))
      return;
  }
}
