import type { MirrorConfig, TargetConfig } from '../config/config.js';
import type { Backend } from '../drivers/backend.js';
import type { StorageDriver } from '../drivers/driver.js';
import { createDriver } from '../drivers/storage.js';
import { findTarget, openTarget } from './drivers.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { findMirror, openConfig } from './open-config.js';
import { type Output, openOutput } from './output.js';

interface AtWork {
  readonly output: Output;
  readonly io: Io;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What a `container` or `object` command works with. */
export interface TargetCommand extends AtWork {
  readonly driver: StorageDriver;
}

/** What a command about one mirror's container works with. */
export interface MirrorHands extends AtWork {
  readonly mirror: MirrorConfig;
  readonly backend: Backend;
}

/** Opens a target, does one thing with it and closes it, whatever happens. */
export async function withTarget(
  configFile: string | undefined,
  target: string,
  io: Io,
  work: (command: TargetCommand) => Promise<void>,
): Promise<number> {
  const config = findTarget(await openConfig(io, configFile, 'targets'), target);
  return workOn(config, io, async (backend, at) => {
    await work({ ...at, driver: createDriver(backend) });
    return EXIT.OK;
  });
}

/** The same with the target of a mirror. `work` resolves with the exit code. */
export async function withMirrorTarget(
  configFile: string | undefined,
  name: string,
  io: Io,
  work: (command: MirrorHands) => Promise<number>,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const mirror = findMirror(config, name);
  return workOn(findTarget(config, mirror.target), io, (backend, at) =>
    work({ ...at, backend, mirror }),
  );
}

async function workOn(
  target: TargetConfig,
  io: Io,
  work: (backend: Backend, at: AtWork) => Promise<number>,
): Promise<number> {
  const output = openOutput(io.stdout);
  return interruptible(io, async (signal) => {
    const backend = await openTarget(target, io, signal);
    try {
      const code = await work(backend, { output, io, signal });
      await output.finish();
      return code;
    } finally {
      await backend.close();
    }
  });
}
