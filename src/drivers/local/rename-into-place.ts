import { linkSync, readdirSync, renameSync, rmSync } from 'node:fs';
import type { Precondition } from '../call.js';
import { codeOf, Refusal } from './failure.js';
import { type IsKept, removeEmptyTree } from './folders.js';
import { statEntry } from './stat.js';

/** How often a folder may vanish under us, as another process removes what it emptied. */
const TRIES = 5;

const LOST = 'was not stored: another program removed its temporary file';

/** File systems without hard links, as vfat, say one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Moves a temporary file to where its object is to be, at once. `prepare` makes the folders; it is asked again when they
 * have vanished. An empty folder gives way, unless it is kept.
 */
export function renameIntoPlace(
  temporary: string,
  target: string,
  key: string,
  ifAbsent: boolean,
  { prepare, isKept }: { readonly prepare: () => void; readonly isKept: IsKept },
): void {
  for (let tries = 1; ; tries += 1) {
    prepare();
    try {
      if (ifAbsent) linkInto(temporary, target, key, isKept);
      else renameSync(temporary, target);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EISDIR' || code === 'ENOTEMPTY') clearWay(target, key, isKept);
      else if (code !== 'ENOENT') throw error;
      else if (statEntry(temporary) === undefined)
        throw new Refusal({ kind: 'unstable', key, problem: LOST });
      if (tries === TRIES) throw error;
    }
  }
}

/** link(2) does not replace a file that another process has created meanwhile. */
function linkInto(temporary: string, target: string, key: string, isKept: IsKept): void {
  try {
    linkSync(temporary, target);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') {
      if (statEntry(target)?.isDirectory()) clearWay(target, key, isKept);
      else throw new Refusal({ kind: 'precondition', key, problem: 'exists already' });
      linkSync(temporary, target);
    } else if (code !== undefined && NO_LINKS.has(code)) {
      // Still alone among our own processes, as all changes are published under the root's lock.
      if (statEntry(target) !== undefined)
        throw new Refusal({ kind: 'precondition', key, problem: 'exists already' });
      renameSync(temporary, target);
    } else throw error;
  }
  rmSync(temporary, { force: true });
}

/** A folder in which there is no object gives way to an object of its name. */
function clearWay(target: string, key: string, isKept: IsKept): void {
  if (removeEmptyTree(target, isKept)) return;
  const inside = `${key}/${firstFileIn(target)}`;
  throw new Refusal({
    kind: 'in-the-way',
    key,
    obstacle: `"${inside}" stands in the way, as a folder cannot be a file too`,
  });
}

function firstFileIn(folder: string): string {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) return entry.name;
    const inside = firstFileIn(`${folder}/${entry.name}`);
    if (inside !== '') return `${entry.name}/${inside}`;
  }
  return '';
}

/** What `precondition` asks of the object that is there now; `etag` is undefined when there is none. */
export function checkPrecondition(
  precondition: Precondition | undefined,
  key: string,
  etag: () => string | undefined,
): void {
  if (precondition === undefined || 'ifAbsent' in precondition) return;
  const found = etag();
  if (found === undefined)
    throw new Refusal({ kind: 'precondition', key, problem: 'does not exist any more' });
  if (found !== precondition.ifMatch) {
    throw new Refusal({
      kind: 'precondition',
      key,
      problem: `has the etag ${found}, not ${precondition.ifMatch}`,
    });
  }
}

/** What is asked of a file system here. */
export interface Names {
  exists(path: string): boolean;
  entries(folder: string): readonly string[];
}

const onDisk: Names = {
  exists: (path) => statEntry(path) !== undefined,
  entries: (folder) => readdirSync(folder),
};

/**
 * Where a file system takes two names for one (as vfat, APFS and NTFS do with `A` and `a`), refuses an object that
 * would silently take the place of another, or be put into another's folder.
 */
export function refuseCaseCollision(container: string, key: string, names: Names = onDisk): void {
  let folder = container;
  for (const segment of key.split('/')) {
    const path = `${folder}/${segment}`;
    if (!names.exists(path)) return;
    if (!names.entries(folder).includes(segment)) {
      const obstacle = `another name that this file system does not tell from "${path.slice(container.length + 1)}" stands in the way`;
      throw new Refusal({ kind: 'in-the-way', key, obstacle });
    }
    folder = path;
  }
}
