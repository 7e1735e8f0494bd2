import { systemClock } from '../clock.js';
import { read } from '../config/fields.js';
import type { StorageDriver } from './driver.js';
import type { DriverKind } from './driver-kind.js';
import { StorageError } from './errors.js';
import { retry } from './layers/retry.js';
import { builtinDrivers, findDriver } from './registry.js';
import { createDriver } from './storage.js';

/**
 * Opens a driver by its name, with settings as a configuration file has them under a target, such as
 * `openDriver('local', { root: './containers' })`. Relative paths are below the current folder. Requests that fail in
 * passing are made again. Throws StorageError for an unknown name and for settings that are wrong, all faults at once;
 * the provider itself is reached by the first call.
 */
export function openDriver(
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
  kinds: readonly DriverKind[] = builtinDrivers,
): StorageDriver {
  const kind = findDriver(name, kinds);
  const reading = read(kind.settings({ folder: process.cwd(), env: process.env }), settings);
  if (reading.complaints !== undefined) {
    const faults = reading.complaints.map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`);
    throw new StorageError(`driver "${kind.name}" cannot be opened with these settings: ${faults.join('; ')}`, { driver: kind.name });
  }
  return createDriver(retry(kind.open(reading.value, { clock: systemClock }), { clock: systemClock, random: Math.random }));
}
