import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { openLmdbTree } from '../../lmdb-tree.js';
import { codeOf } from './failure.js';

/** Where earlier versions of longshore kept the records of a root: an LMDB file, whose keys and values are the same. */
const FORMER_FILE = 'objects.mdb';

/**
 * Gives the records of a root that an earlier version has written, and removes their file once all were taken. Records
 * that cannot be read are skipped: losing a record is losing a digest.
 */
export function takeFormerRecords(
  folder: string,
  take: (key: Buffer, value: Buffer) => void,
): void {
  const file = `${folder}/${FORMER_FILE}`;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    for (const { key, value } of openLmdbTree(descriptor)?.entries(undefined) ?? [])
      take(key, value);
  } catch (error) {
    if (codeOf(error) !== undefined) throw error; // a failing disk: another start may read it
  } finally {
    closeSync(descriptor);
  }
  // With it what lies beside it: locks, one that was damaged, and what a kill left of a try whether there is room.
  for (const name of readdirSync(folder))
    if (name.startsWith(FORMER_FILE)) rmSync(`${folder}/${name}`, { force: true });
}
