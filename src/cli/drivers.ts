import type { Clock } from '../clock.js';
import type { Config, TargetConfig } from '../config/config.js';
import type { KnownDrivers } from '../config/interpret.js';
import { didYouMean } from '../config/suggest.js';
import type { StorageDriver } from '../drivers/driver.js';
import { retry } from '../drivers/layers/retry.js';
import { builtinDrivers, findDriver } from '../drivers/registry.js';
import { createDriver } from '../drivers/storage.js';
import { UsageError } from './exit.js';

/** The drivers as the configuration sees them. */
export const knownDrivers: KnownDrivers = { all: builtinDrivers, find: findDriver };

/** Opens a target of the configuration, for a command that works on it by hand. */
export function openTarget(config: Config, name: string, clock: Clock): StorageDriver {
  const { driver, settings } = findTarget(config, name);
  return createDriver(retry(findDriver(driver).open(settings, { clock }), { clock, random: Math.random }));
}

function findTarget({ targets }: Config, name: string): TargetConfig {
  const found = targets.find((target) => target.name === name);
  if (found !== undefined) return found;
  const known = targets.map((target) => target.name);
  throw new UsageError(`no target is called ${JSON.stringify(name)}${didYouMean(name, known)}\ntargets: ${known.join(', ')}`);
}
