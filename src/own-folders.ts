import type { Config } from './config/config.js';
import { findDriver } from './drivers/registry/registry.js';

/** Where longshore itself writes, as absolute paths. Mirroring that would never come to an end, and it makes no source less empty. */
export function ownFolders({
  stateFolder,
  targets,
}: Pick<Config, 'stateFolder' | 'targets'>): readonly string[] {
  return [
    stateFolder,
    ...targets.flatMap(({ driver, settings }) => findDriver(driver).folders?.(settings) ?? []),
  ];
}
