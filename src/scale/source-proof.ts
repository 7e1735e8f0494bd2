import type { Dir } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { answeringCall } from '../answering-call.js';
import { askPathIfAny } from '../file-stat.js';
import { NEVER_ABORTED } from '../signal.js';
import { SourceSilentError } from '../silent-source.js';
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
      const inode = isFolder ? await inodeOf(join(root, path)) : undefined;
      if (inode !== undefined) {
        landmarks.push([path, inode]);
        folders.push(path);
      }
      if (landmarks.length === MOST_LANDMARKS || left === 0) break;
    }
  }
  return { root: await surelyInodeOf(root), landmarks };
}

/**
 * Why the folder `root` is not the source of this proof; undefined: it is. A landmark or two may have been renamed or removed
 * since: more than half of them must be there. Rejects with SourceSilentError when the file system does not answer, and with the
 * signal's reason.
 */
export async function sourceDiffers(
  proof: SourceProof,
  root: string,
  signal: AbortSignal = NEVER_ABORTED,
): Promise<string | undefined> {
  const found = await inodeOf(root, signal);
  if (found === undefined) return `${root} is not there: is it mounted?`;
  if (found !== proof.root)
    return `${root} is another folder than the coordinator's (inode ${found}, not ${proof.root}): is it mounted, and does its file system show the inode numbers of the server?`;
  const others: string[] = [];
  for (const [path, inode] of proof.landmarks)
    if ((await inodeOf(join(root, path), signal)) !== inode) others.push(path);
  if (others.length === 0 || 2 * others.length < proof.landmarks.length) return undefined;
  return `${others.length} of ${proof.landmarks.length} folders in ${root} are others than the coordinator's, such as ${others[0]}`;
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

async function surelyInodeOf(path: string): Promise<string> {
  const inode = await inodeOf(path);
  if (inode === undefined) throw new Error(`${path} is not there`);
  return inode;
}

/** Undefined where it cannot be found out: what is not known is not the same. */
async function inodeOf(path: string, signal = NEVER_ABORTED): Promise<string | undefined> {
  try {
    const found = await answeringCall(path, () => askPathIfAny(path), { signal });
    return found === undefined ? undefined : String(found.ino);
  } catch (error) {
    if (error instanceof SourceSilentError) throw error;
    signal.throwIfAborted();
    return undefined;
  }
}
