import type { Dir } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { statPathIfAny } from '../file-stat.js';
import { MOST_LANDMARKS, type SourceProof } from './job-form.js';

/** Entries that are read in search of folders: a root may hold a million files. */
const MOST_READ = 1_000;

/**
 * What a worker recognises this source by: the inode of its root, and those of up to 16 folders near it. Files are no
 * landmarks, as programs that save one put another in its place. Rejects when the root cannot be read.
 */
export async function proofOf(root: string): Promise<SourceProof> {
  const landmarks: [string, string][] = [];
  const folders = [''];
  let left = MOST_READ;
  for (const folder of folders) {
    if (landmarks.length === MOST_LANDMARKS || left === 0) break;
    for await (const { name, isFolder } of entriesOf(join(root, folder), folder === '')) {
      left -= 1;
      const path = join(folder, name);
      const inode = isFolder ? inodeOf(join(root, path)) : undefined;
      if (inode !== undefined) {
        landmarks.push([path, inode]);
        folders.push(path);
      }
      if (landmarks.length === MOST_LANDMARKS || left === 0) break;
    }
  }
  return { root: surelyInodeOf(root), landmarks };
}

/**
 * Why the folder `root` is not the source of this proof; undefined: it is. A landmark or two may have been renamed or removed
 * since: more than half of them must be there.
 */
export function sourceDiffers(proof: SourceProof, root: string): string | undefined {
  const found = inodeOf(root);
  if (found === undefined) return `${root} is not there: is it mounted?`;
  if (found !== proof.root)
    return `${root} is another folder than the coordinator's (inode ${found}, not ${proof.root}): is it mounted, and does its file system show the inode numbers of the server?`;
  const others = proof.landmarks.filter(([path, inode]) => inodeOf(join(root, path)) !== inode);
  if (others.length === 0 || 2 * others.length < proof.landmarks.length) return undefined;
  const [first = ['']] = others;
  return `${others.length} of ${proof.landmarks.length} folders in ${root} are others than the coordinator's, such as ${first[0]}`;
}

/** The same for a file system that may not answer: only the result waits for it. */
export async function sourceDiffersNow(
  proof: SourceProof,
  root: string,
): Promise<string | undefined> {
  await stat(root).catch(() => {}); // the comparison says what is wrong
  return sourceDiffers(proof, root);
}

async function* entriesOf(path: string, mustBeThere: boolean) {
  let folder: Dir;
  try {
    folder = await opendir(path);
  } catch (error) {
    if (mustBeThere) throw error;
    return;
  }
  for await (const entry of folder) yield { name: entry.name, isFolder: entry.isDirectory() };
}

function surelyInodeOf(path: string): string {
  const inode = inodeOf(path);
  if (inode === undefined) throw new Error(`${path} is not there`);
  return inode;
}

/** Undefined where it cannot be found out: what is not known is not the same. */
function inodeOf(path: string): string | undefined {
  try {
    const found = statPathIfAny(path);
    return found === undefined ? undefined : String(found.ino);
  } catch {
    return undefined;
  }
}
