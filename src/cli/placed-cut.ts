import type { ReadableSnapshot } from '../state/read-snapshot.js';
import { UnusableSnapshotError } from '../state/snapshot-format.js';
import type { PlaceCommand } from './open-place.js';
import { openPlacedSnapshot, type PlacedSnapshot } from './placed-snapshot.js';

/**
 * Runs `work` with the index snapshot of a place, by which it is cut into shards. Rejects, with what is to be done about it, where
 * there is none that is of use; and as the driver and the disk do.
 */
export async function withSnapshot<T>(
  { place, backend, signal }: Pick<PlaceCommand, 'place' | 'backend' | 'signal'>,
  work: (snapshot: ReadableSnapshot) => Promise<T>,
): Promise<T> {
  const where = `${place.container}/${place.prefix}`;
  const opened = await openUsable(openPlacedSnapshot(backend, place, signal), where);
  try {
    return await work(opened.snapshot);
  } finally {
    await opened.close();
  }
}

async function openUsable(
  opening: Promise<PlacedSnapshot | undefined>,
  where: string,
): Promise<PlacedSnapshot> {
  try {
    const opened = await opening;
    if (opened !== undefined) return opened;
  } catch (error) {
    if (!(error instanceof UnusableSnapshotError)) throw error;
    throw new Error(`the index snapshot in ${where} ${error.message}; ${ADVICE}`, { cause: error });
  }
  throw new Error(`there is no index snapshot in ${where} to cut shards by; ${ADVICE}`);
}

const ADVICE =
  'the next reconcile of its daemon makes one, with "index_snapshot: 24h" also of a mirror of fewer than 1,000 objects';
