import { azureDriver } from '../azure/driver-kind.js';
import { b2Driver } from '../b2/driver-kind.js';
import type { DriverKind } from '../driver-kind.js';
import { StorageError } from '../errors.js';
import { googleDriver } from '../google/driver-kind.js';
import { localDriver } from '../local/driver-kind.js';
import { memoryDriver } from '../memory/driver-kind.js';
import { s3Driver, s3PresetDrivers } from '../s3/driver-kind.js';
import { swiftDriver, swiftPresetDrivers } from '../swift/driver-kind.js';

export const builtinDrivers: readonly DriverKind[] = [
  localDriver,
  memoryDriver,
  s3Driver,
  ...s3PresetDrivers,
  swiftDriver,
  ...swiftPresetDrivers,
  azureDriver,
  b2Driver,
  googleDriver,
];

/** Names that Libcloud gave up (libcloud/storage/providers.py), and what took their place. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ['cloudfiles_us', 'cloudfiles with region "ord", "dfw" or "iad"'],
  ['cloudfiles_uk', 'cloudfiles with region "lon"'],
  ['cloudfiles_swift', 'openstack_swift'],
]);

/** By name or alias, in any case. An unknown name throws a StorageError that lists the known ones. */
export function findDriver(
  name: string,
  kinds: readonly DriverKind[] = builtinDrivers,
): DriverKind {
  const wanted = name.toLowerCase();
  const found = kinds.find((kind) => kind.name === wanted || kind.aliases.includes(wanted));
  if (found !== undefined) return found;
  const successor = REMOVED.get(wanted);
  if (successor !== undefined)
    throw new StorageError(`driver "${name}" is no longer called that: use ${successor}`, {
      driver: name,
    });
  const known = kinds.flatMap((kind) => [kind.name, ...kind.aliases]).join(', ');
  throw new StorageError(`no driver is called "${name}"; known: ${known}`, { driver: name });
}
