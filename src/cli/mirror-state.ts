import type { Config, MirrorConfig } from '../config/config.js';
import type { MirrorStore } from '../state/open-mirror.js';
import { openState } from '../state/open-state.js';
import type { Io } from './io.js';
import { openLog } from './open-log.js';

/**
 * Opens the state of one mirror while no daemon runs; the lock of a running one is an error. A rebuilt index or ledger is
 * reported in the log, as at a start of the daemon.
 */
export async function onMirrorState<T>(
  config: Config,
  { name, index }: MirrorConfig,
  io: Io,
  signal: AbortSignal,
  work: (store: MirrorStore) => Promise<T>,
): Promise<T> {
  const log = openLog(config, io);
  try {
    const state = await openState({
      folder: config.stateFolder,
      mirrors: [{ name, engine: index }],
      clock: io.clock,
      log,
      signal,
    });
    try {
      const store = state.mirrors.get(name);
      if (store === undefined)
        throw new TypeError(`the state of mirror ${name} was opened and is not there`);
      return await work(store);
    } finally {
      await state.close();
    }
  } finally {
    await log.close();
  }
}
