import type { Backend } from '../drivers/backend.js';
import type { StorageDriver } from '../drivers/driver.js';
import { createDriver } from '../drivers/storage.js';
import { findTarget, openTarget } from './drivers.js';
import { EXIT, exitCodeOfSignal } from './exit.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { type Output, openOutput } from './output.js';
import { openStopSignals } from './stop-signals.js';

/** What a `container` or `object` command works with. */
export interface Hands {
  readonly driver: StorageDriver;
  readonly output: Output;
  readonly io: Io;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Opens a target, does one thing with it and closes it, whatever happens. */
export async function byHand(
  configFile: string | undefined,
  target: string,
  io: Io,
  work: (hands: Hands) => Promise<void>,
): Promise<number> {
  const config = findTarget(await openConfig(io, configFile), target);
  const output = openOutput(io.stdout);
  const signals = openStopSignals(io, { drainMs: 0 });
  let backend: Backend | undefined;
  try {
    backend = await openTarget(config, io, signals.interrupt);
    await work({ driver: createDriver(backend), output, io, signal: signals.interrupt });
    await output.finish();
    return EXIT.OK;
  } catch (error) {
    const signal = signals.received();
    if (signal === undefined) throw error;
    return exitCodeOfSignal(signal);
  } finally {
    signals.close();
    await backend?.close();
  }
}
