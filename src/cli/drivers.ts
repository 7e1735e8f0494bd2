import type { Config, TargetConfig } from '../config/config.js';
import type { KnownDrivers } from '../config/interpret.js';
import { didYouMean } from '../config/suggest.js';
import type { Backend } from '../drivers/backend.js';
import { layered } from '../drivers/layers/layer.js';
import { limit } from '../drivers/layers/limit.js';
import { retry } from '../drivers/layers/retry.js';
import { openBackend } from '../drivers/registry/open.js';
import { builtinDrivers, findDriver } from '../drivers/registry/registry.js';
import { configuredLimits } from '../target-layers.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { noteLine } from './output.js';

/** The drivers for reading a configuration. */
export const knownDrivers: KnownDrivers = { all: builtinDrivers, find: findDriver };

/**
 * Opens a target for a command, within the target's limits. Requests that fail for a moment are retried; warnings go to
 * stderr. `onDetected` gets what the driver detected about the provider.
 */
export async function openTarget(
  config: TargetConfig,
  { clock, stderr }: Pick<Io, 'clock' | 'stderr'>,
  signal: AbortSignal,
  onDetected: (found: string) => void = () => {},
): Promise<Backend> {
  const notice = (event: string, fields: Readonly<Record<string, unknown>>) => {
    const details = Object.entries(fields).map(([name, value]) => `${name}: ${String(value)}`);
    noteLine(stderr, `warning: ${[event, ...details].join('; ')}`);
  };
  const backend = await openBackend(
    findDriver(config.driver),
    config.settings,
    { clock, notice },
    { signal },
    onDetected,
  );
  const concurrency = config.concurrency ?? backend.capabilities.concurrency;
  return layered(backend, [
    ...configuredLimits(() => config, clock),
    limit({ clock, concurrency }),
    retry({ clock, random: Math.random }),
  ]);
}

export function findTarget({ targets }: Config, name: string): TargetConfig {
  const found = targets.find((target) => target.name === name);
  if (found !== undefined) return found;
  const known = targets.map((target) => target.name);
  throw new UsageError(
    `no target is called ${JSON.stringify(name)}${didYouMean(name, known)}\ntargets: ${known.join(', ')}`,
  );
}
