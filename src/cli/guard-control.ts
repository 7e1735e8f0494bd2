import type { Config } from '../config/config.js';
import { DaemonNotRunningError } from '../status/client.js';
import type { GuardControl } from '../status/guard-control.js';
import { daemonGuardControl } from '../status/held-client.js';
import { openGuard } from '../sync/guard/open-guard.js';
import type { Io } from './io.js';
import { onMirrorState } from './mirror-state.js';
import { findMirror } from './open-config.js';

export interface OpenGuardControl {
  readonly mirror: string;
  readonly control: GuardControl;
  /** False: there is no daemon, and decisions are for the next run. */
  readonly daemon: boolean;
}

/** Decides for a mirror's guard: in the running daemon or, when none runs, on its state, which is locked meanwhile. */
export async function withGuardControl<T>(
  config: Config,
  name: string,
  io: Io,
  signal: AbortSignal,
  work: (open: OpenGuardControl) => Promise<T>,
): Promise<T> {
  const mirror = findMirror(config, name);
  const control = daemonGuardControl(name, {
    stateFolder: config.stateFolder,
    clock: io.clock,
    signal,
  });
  try {
    await control.describe();
  } catch (error) {
    if (!(error instanceof DaemonNotRunningError)) throw error;
    return onMirrorState(config, mirror, io, signal, async (store) => {
      const local = await openGuard({
        ...store,
        rule: mirror.guard,
        clock: io.clock,
        listener: () => {},
      });
      return work({ mirror: name, control: local, daemon: false });
    });
  }
  return work({ mirror: name, control, daemon: true });
}
