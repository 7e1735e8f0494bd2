import { systemClock } from '../../clock.js';
import { read } from '../../config/fields.js';
import { NEVER_ABORTED } from '../../signal.js';
import type { Backend } from '../backend.js';
import type { Call } from '../call.js';
import type { CallOptions, StorageDriver } from '../driver.js';
import type { DriverKind, DriverWorld } from '../driver-kind.js';
import { StorageError } from '../errors.js';
import { layered } from '../layers/layer.js';
import { retry } from '../layers/retry.js';
import { createDriver } from '../storage.js';
import { builtinDrivers, findDriver } from './registry.js';

/**
 * Opens a driver by its name, with settings as a configuration file has them under a target, such as
 * `openDriver('local', { root: './containers' })`. Relative paths are below the current folder. Requests that fail in
 * passing are made again. Rejects with StorageError for an unknown name and for settings that are wrong, all faults at
 * once. The provider is asked only for what the settings leave open (`profile: auto`); otherwise the first call reaches it.
 */
export async function openDriver(
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
  {
    signal = NEVER_ABORTED,
    kinds = builtinDrivers,
  }: CallOptions & { readonly kinds?: readonly DriverKind[] } = {},
): Promise<StorageDriver> {
  const kind = findDriver(name, kinds);
  const reading = read(kind.settings({ folder: process.cwd(), env: process.env }), settings);
  if (reading.complaints !== undefined) {
    const faults = reading.complaints.map(
      ({ path, message }) => `${path.join('.') || 'settings'}: ${message}`,
    );
    throw new StorageError(
      `driver "${kind.name}" cannot be opened with these settings: ${faults.join('; ')}`,
      { driver: kind.name },
    );
  }
  const backend = await openBackend(kind, reading.value, { clock: systemClock }, { signal });
  return createDriver(layered(backend, [retry({ clock: systemClock, random: Math.random })]));
}

/** Opens a backend. Detects what the settings leave open, unless `world.detected` has it, and reports it to `onDetected`. */
export async function openBackend<S>(
  kind: DriverKind<S>,
  settings: S,
  world: DriverWorld,
  call: Call,
  onDetected: (detected: string) => void = () => {},
): Promise<Backend> {
  const detected = await kind.detect?.(settings, world, call);
  if (detected !== undefined) onDetected(detected);
  return kind.open(settings, { ...world, ...(detected !== undefined && { detected }) });
}
