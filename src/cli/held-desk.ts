import type { Config, MirrorConfig } from '../config/config.js';
import { openState } from '../state/open-state.js';
import { DaemonNotRunningError } from '../status/client.js';
import { daemonDesk } from '../status/held-client.js';
import type { HeldDesk } from '../status/held-desk.js';
import { openGuard } from '../sync/guard/open-guard.js';
import type { Io } from './io.js';
import { checkMirrorNames } from './open-config.js';

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
  io: Pick<Io, 'clock'>,
  signal: AbortSignal,
  work: (open: OpenDesk) => Promise<T>,
): Promise<T> {
  checkMirrorNames(config, [name]);
  const desk = daemonDesk(name, { stateFolder: config.stateFolder, clock: io.clock, signal });
  try {
    await desk.describe();
  } catch (error) {
    if (!(error instanceof DaemonNotRunningError)) throw error;
    return onState(config, mirrorOf(config, name), io, signal, work);
  }
  return work({ mirror: name, desk, daemon: true });
}

async function onState<T>(
  { stateFolder }: Config,
  { name, index, guard }: MirrorConfig,
  { clock }: Pick<Io, 'clock'>,
  signal: AbortSignal,
  work: (open: OpenDesk) => Promise<T>,
): Promise<T> {
  const state = await openState({ folder: stateFolder, mirrors: [{ name, engine: index }], clock, signal });
  try {
    const store = state.mirrors.get(name);
    if (store === undefined) throw new Error(`no state was opened for mirror ${name}`);
    const desk = await openGuard({ ...store, rule: guard, clock, told: () => {} });
    return await work({ mirror: name, desk, daemon: false });
  } finally {
    await state.close();
  }
}

function mirrorOf({ mirrors }: Config, name: string): MirrorConfig {
  const mirror = mirrors.find((one) => one.name === name);
  if (mirror === undefined) throw new Error(`mirror ${name} was checked, and is not there`);
  return mirror;
}
