import { ensureContainer } from '../sync/store/container-store.js';
import { findTarget, openTarget } from './drivers.js';
import { messageLines } from './error-lines.js';
import { exitCodeOf } from './exit.js';
import { TARGET } from './init-config.js';
import type { Site } from './init-text.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { noteLine } from './output.js';
import { probe } from './probe.js';

const SERVICE_USER = 'longshore';

/**
 * Tries the target of a configuration that was written a moment ago. That of a service is tried with the rights of its user, which
 * this process then keeps: what it creates is to be that user's. Resolves with the exit code; a failure is reported on stderr.
 */
export async function tryTarget(
  { path, forService }: Site,
  { create }: { readonly create: boolean },
  io: Io,
): Promise<number> {
  if (forService && io.uid === 0 && io.become?.(SERVICE_USER) === true)
    noteLine(io.stderr, `trying it as the user ${SERVICE_USER}, as the service will`);
  try {
    if (create) await createContainer(path, io);
    return await probe(path, TARGET, { container: undefined, json: false }, io);
  } catch (error) {
    for (const line of messageLines(error)) noteLine(io.stderr, line);
    noteLine(
      io.stderr,
      `the configuration stays; try again: longshore --config ${path} probe ${TARGET}`,
    );
    return exitCodeOf(error);
  }
}

async function createContainer(path: string, io: Io): Promise<number> {
  const config = await openConfig(io, path);
  const container = config.mirrors[0]?.container;
  if (container === undefined) throw new TypeError('a configuration was written without a mirror');
  return interruptible(io, async (signal) => {
    const backend = await openTarget(findTarget(config, TARGET), io, signal);
    try {
      if (await ensureContainer(backend, container, signal))
        noteLine(io.stderr, `created ${JSON.stringify(container)}`);
      return 0;
    } finally {
      await backend.close();
    }
  });
}
