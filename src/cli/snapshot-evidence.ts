import type { Backend } from '../drivers/backend.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import { openPlacedSnapshot, type PlacedSnapshot } from './placed-snapshot.js';
import type { RemotePlace } from './remote-place.js';

/** What the index snapshot in a container says of the objects there. */
export interface SnapshotEvidence {
  /** Downloads the snapshot at the first call. Undefined: there is none, it is of no use, or it has no such record. */
  recordOf(name: ObjectName): Promise<ObjectRecord | undefined>;
  close(): Promise<void>;
}

/** `warn` is called, once, where there is a snapshot that is of no use. */
export function openSnapshotEvidence(
  backend: Backend,
  place: Pick<RemotePlace, 'container' | 'prefix'>,
  warn: (text: string) => void,
  signal: AbortSignal,
): SnapshotEvidence {
  let opening: Promise<PlacedSnapshot | undefined> | undefined;
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
      opening ??= openPlacedSnapshot(backend, place, signal);
      try {
        return await (await opening)?.snapshot.find(name);
      } catch (error) {
        return giveUp(error);
      }
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      await opened?.close();
    },
  };
}
