import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../drivers/backend.js';
import { findObject } from '../drivers/find-object.js';
import { openSnapshot, type ReadableSnapshot } from '../state/read-snapshot.js';
import { UnusableSnapshotError } from '../state/snapshot-format.js';
import { requireRoom } from '../sync/snapshot/keep-snapshot.js';
import { fetchSnapshot, snapshotRef } from '../sync/snapshot/snapshot-object.js';
import type { RemotePlace } from './remote-place.js';

/** The index snapshot in a container, in a temporary folder of this machine. */
export interface PlacedSnapshot {
  readonly snapshot: ReadableSnapshot;
  /** Removes it here. */
  close(): Promise<void>;
}

/**
 * Downloads the index snapshot of a place, and compares its bytes with its digest. Undefined: there is none. Rejects as the driver
 * and the disk do, and with UnusableSnapshotError, also for one of another place; leaves nothing then.
 */
export async function openPlacedSnapshot(
  backend: Backend,
  place: Pick<RemotePlace, 'container' | 'prefix'>,
  signal: AbortSignal,
): Promise<PlacedSnapshot | undefined> {
  const ref = snapshotRef(place);
  const info = await findObject(backend, ref, { signal });
  if (info === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'longshore-snapshot-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    requireRoom(folder, info.size);
    const path = join(folder, 'index-snapshot');
    await fetchSnapshot(backend, ref, info, path, signal);
    const snapshot = await openOf(path, place);
    const close = async () => {
      await snapshot.close();
      await remove();
    };
    return { snapshot, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function openOf(
  path: string,
  { container, prefix }: Pick<RemotePlace, 'container' | 'prefix'>,
): Promise<ReadableSnapshot> {
  const snapshot = await openSnapshot(path);
  const { header } = snapshot;
  if (header.container === container && header.prefix === prefix) return snapshot;
  await snapshot.close();
  throw new UnusableSnapshotError(`it is of another place, ${header.container}/${header.prefix}`);
}
