import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { lstatPathIfAny } from '../file-stat.js';
import { fateOf, type ProcessIdentity, thisProcess } from '../state/process-identity.js';
import { type Room, watchRoom } from './room.js';

/** Where files are while they are not whole: in a folder of the root that only its owner can read. */
export interface Staging {
  /** Its path. */
  readonly folder: string;
  readonly device: bigint;
  /** A path at which nothing is. */
  newPath(): string;
  /** Whether the file system takes names that differ only in case for one. */
  readonly foldsCase: boolean;
  readonly room: Room;
  /** Removes the folder, and whatever is left in it. */
  close(): void;
}

/** What the name of the folder begins with. No object is restored under such a name. */
export const STAGING_PREFIX = '.longshore-restore-';

/** The process that uses the folder, as JSON. No watcher takes it, or the files beside it, for one to mirror: see unfinishedName. */
const OWNER = unfinishedName('00000000-0000-0000-0000-000000000000');

/**
 * Makes the folder, and removes those that killed processes have left. `root` is a path of the folder that is restored to.
 * Rejects as the system does.
 */
export async function openStaging(root: string): Promise<Staging> {
  const self = await thisProcess();
  await removeLeftBehind(root, self);
  const folder = `${root}/${STAGING_PREFIX}${randomUUID()}`;
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(`${folder}/${OWNER}`, JSON.stringify(self));
  const stat = lstatPathIfAny(folder);
  return {
    folder,
    device: stat?.dev ?? -1n,
    foldsCase: lstatPathIfAny(`${folder}/${OWNER.toUpperCase()}`) !== undefined,
    newPath: () => `${folder}/${newUnfinishedName()}`,
    room: watchRoom(folder),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A name for a file that is not whole yet, which mirrors ignore wherever it is (watcher/filter.ts). */
export function newUnfinishedName(): string {
  return unfinishedName(randomUUID());
}

function unfinishedName(id: string): string {
  return `.longshore-${id}.part`;
}

/** What another machine restores into the same folder is not ours to remove, and neither is what we cannot read. */
async function removeLeftBehind(root: string, self: ProcessIdentity): Promise<void> {
  for (const name of readdirSync(root)) {
    if (!name.startsWith(STAGING_PREFIX)) continue;
    const folder = `${root}/${name}`;
    if (lstatPathIfAny(folder)?.isDirectory() !== true) continue;
    const owner = ownerOf(folder);
    if (owner === undefined || (await fateOf(owner, self)) !== 'dead') continue;
    removeFolder(folder);
  }
}

function removeFolder(folder: string): void {
  try {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    // Another process of this machine removes it, too.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function ownerOf(folder: string): ProcessIdentity | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(`${folder}/${OWNER}`, 'utf8'));
    return typeof (owner as ProcessIdentity).pid === 'number'
      ? (owner as ProcessIdentity)
      : undefined;
  } catch {
    return undefined;
  }
}
