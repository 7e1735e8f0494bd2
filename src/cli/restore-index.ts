import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findDriver } from '../drivers/registry/registry.js';
import { mirrorPlace } from '../mirror-place.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';
import { openStateCopy } from '../state/open-copy.js';
import type { MirrorStore } from '../state/open-mirror.js';
import type { Io } from './io.js';
import { noteLine } from './output.js';
import type { RemotePlace } from './remote-place.js';

/** What a mirror's index says of its objects, beside the container. */
export interface IndexEvidence {
  recordOf(name: ObjectName): ObjectRecord | undefined;
  /** All of it; undefined where there is none, or it is not known to be whole. */
  readonly whole: WholeIndex | undefined;
  close(): Promise<void>;
}

export type WholeIndex = Pick<ObjectIndex, 'get' | 'entries' | 'count'> & {
  /** Whether a reconcile has compared it with the container since it was begun: it then knows all that longshore put there. */
  readonly isReconciled: boolean;
};

const NONE: IndexEvidence = {
  recordOf: () => undefined,
  whole: undefined,
  close: async () => {},
};

/**
 * A copy of the mirror's index, so that it may be read while a daemon works on it, and nothing is written to it. Without a
 * state on this machine, or when it cannot be read, which a line on stderr says, there is no such evidence: restoring needs none.
 */
export async function openIndexEvidence(
  { mirror, target }: RemotePlace,
  { clock, stderr }: Pick<Io, 'clock' | 'stderr'>,
  signal: AbortSignal,
): Promise<IndexEvidence> {
  if (mirror === undefined) return NONE;
  const { config, settings } = mirror;
  const { name, index: engine } = settings;
  if (!existsSync(join(config.stateFolder, 'mirrors', name))) return NONE;
  try {
    const state = await openStateCopy({
      folder: config.stateFolder,
      mirrors: [{ name, engine, place: mirrorPlace(settings, target, findDriver) }],
      clock,
      signal,
    });
    const store = state.mirrors.get(name);
    const isWhole = store !== undefined && store.rebuilt === undefined && store.index.count() > 0;
    return {
      recordOf: (object) => store?.index.get(object),
      whole: isWhole ? wholeIndex(store) : undefined,
      close: () => state.close(),
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    noteLine(stderr, `warning: the index of ${name} is not used: ${reason}`);
    return NONE;
  }
}

function wholeIndex({ index, ledger }: MirrorStore): WholeIndex {
  return {
    get: index.get,
    entries: index.entries,
    count: index.count,
    isReconciled: ledger.read().reconciled,
  };
}
