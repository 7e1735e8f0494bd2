import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../drivers/backend.js';
import { findObject } from '../drivers/find-object.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import { openSnapshot, type ReadableSnapshot } from '../state/read-snapshot.js';
import { UnusableSnapshotError } from '../state/snapshot-format.js';
import { requireRoom } from '../sync/snapshot/keep-snapshot.js';
import { fetchSnapshot, snapshotRef } from '../sync/snapshot/snapshot-object.js';
import type { RemotePlace } from './remote-place.js';

/** What the index snapshot in a container says of the objects there. */
export interface SnapshotEvidence {
  /** Downloads the snapshot at the first call. Undefined: there is none, it is of no use, or it has no such record. */
  recordOf(name: ObjectName): Promise<ObjectRecord | undefined>;
  close(): Promise<void>;
}

interface OpenedSnapshot {
  readonly snapshot: ReadableSnapshot | undefined;
  readonly folder: string;
}

/** `warn` is called, once, where there is a snapshot that is of no use. */
export function openSnapshotEvidence(
  backend: Backend,
  place: Pick<RemotePlace, 'container' | 'prefix'>,
  warn: (text: string) => void,
  signal: AbortSignal,
): SnapshotEvidence {
  let opening: Promise<OpenedSnapshot> | undefined;
  let isUsable = true;

  function giveUp(error: unknown): undefined {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    if (isUsable) warn(`warning: the index snapshot in the container is not used: ${reason}`);
    isUsable = false;
  }

  return {
    async recordOf(name) {
      if (!isUsable) return undefined;
      opening ??= openIn(backend, place, signal);
      try {
        return await (await opening).snapshot?.find(name);
      } catch (error) {
        return giveUp(error);
      }
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      if (opened === undefined) return;
      await opened.snapshot?.close();
      await rm(opened.folder, { recursive: true, force: true });
    },
  };
}

/** Rejects as the driver and the disk do, with UnusableSnapshotError, and leaves nothing then. */
async function openIn(
  backend: Backend,
  place: Pick<RemotePlace, 'container' | 'prefix'>,
  signal: AbortSignal,
): Promise<OpenedSnapshot> {
  const ref = snapshotRef(place);
  const folder = await mkdtemp(join(tmpdir(), 'longshore-snapshot-'));
  try {
    const info = await findObject(backend, ref, { signal });
    if (info === undefined) return { snapshot: undefined, folder };
    requireRoom(folder, info.size);
    const path = join(folder, 'index-snapshot');
    await fetchSnapshot(backend, ref, info, path, signal);
    return { snapshot: await openOf(path, place), folder };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
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
