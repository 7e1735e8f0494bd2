import { rename, rm } from 'node:fs/promises';
import { failpoint } from '../failpoint.js';
import { checkInChild } from './check-in-child.js';
import { syncFolder } from './durable-file.js';
import { inodeFile } from './inode-table.js';
import type { IndexLocation } from './object-index.js';
import { filesBeside, indexFile, openStore } from './open-index.js';
import { whileMarked } from './opening-mark.js';
import { type Change, newRecord, type RecordStore } from './record-store.js';

/** Names per commit into LMDB. The JSON file is rewritten by each commit, so it gets a single one. */
const COMMIT = { lmdb: 5_000, lowdb: Number.POSITIVE_INFINITY } as const;

const unfinished = (file: string) => `${file}.new`;

/**
 * Copies a mirror's records into the file of another format, and removes the old one. A crash at any moment leaves the
 * old index, or both (and then both are complete), or the new one.
 *
 * @throws StateDamagedError when the old one is damaged; it is then still there. The reason of `signal`, likewise.
 */
export async function changeEngine(
  from: IndexLocation,
  to: IndexLocation,
  signal?: AbortSignal,
): Promise<void> {
  const target = indexFile(to);
  await removeUnfinished(to);
  if (to.engine === 'lmdb') await checkInChild('trial', unfinished(target), signal);
  const old = await whileMarked(target, () => openStore(from.engine, indexFile(from)));
  try {
    const made = await whileMarked(target, () => openStore(to.engine, unfinished(target)));
    try {
      await copyRecords(old, made, COMMIT[to.engine], signal);
    } finally {
      await made.close();
    }
  } finally {
    await old.close();
  }
  failpoint('state: records copied to the other engine, not renamed');
  if (to.engine === 'lmdb') await rename(inodeFile(unfinished(target)), inodeFile(target));
  await rename(unfinished(target), target);
  await syncFolder(to.folder);
  failpoint('state: index of the new engine in place, old one not removed');
  await removeUnfinished(to);
  await removeIndex(from);
}

/** Removes what an interrupted change of formats left. */
export async function removeUnfinished(location: IndexLocation): Promise<void> {
  await removeWithBeside(unfinished(indexFile(location)));
}

export async function removeIndex(location: IndexLocation): Promise<void> {
  await removeWithBeside(indexFile(location));
  await syncFolder(location.folder);
}

async function removeWithBeside(file: string): Promise<void> {
  for (const path of [file, ...filesBeside(file)]) await rm(path, { force: true });
}

async function copyRecords(
  from: RecordStore,
  to: RecordStore,
  namesPerCommit: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let changes: Change[] = [];
  for (const [name, record] of from.entries({})) {
    changes.push({ ...newRecord(name, record), before: undefined }); // the new index is empty
    if (changes.length < namesPerCommit) continue;
    signal?.throwIfAborted();
    await to.commit(changes);
    changes = [];
  }
  if (changes.length > 0) await to.commit(changes);
}
