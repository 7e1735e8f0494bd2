import type { Config } from '../config/config.js';
import { DaemonNotRunningError } from '../status/client.js';
import { daemonDesk } from '../status/held-client.js';
import type { HeldDesk } from '../status/held-desk.js';
import { openGuard } from '../sync/guard/open-guard.js';
import type { Io } from './io.js';
import { onMirrorState } from './mirror-state.js';
import { findMirror } from './open-config.js';

export interface OpenDesk {
  readonly mirror: string;
  readonly desk: HeldDesk;
  /** False: there is no daemon, and decisions are for the next run. */
  readonly daemon: boolean;
}

/** Works at the desk of a mirror: the running daemon's, or, when none runs, on its state, which nobody else can have meanwhile. */
export async function atDesk<T>(
  config: Config,
  name: string,
  io: Io,
  signal: AbortSignal,
  work: (open: OpenDesk) => Promise<T>,
): Promise<T> {
  const mirror = findMirror(config, name);
  const desk = daemonDesk(name, { stateFolder: config.stateFolder, clock: io.clock, signal });
  try {
    await desk.describe();
  } catch (error) {
    if (!(error instanceof DaemonNotRunningError)) throw error;
    return onMirrorState(config, mirror, io, signal, async (store) => {
      const local = await openGuard({ ...store, rule: mirror.guard, clock: io.clock, told: () => {} });
      return work({ mirror: name, desk: local, daemon: false });
    });
  }
  return work({ mirror: name, desk, daemon: true });
}
