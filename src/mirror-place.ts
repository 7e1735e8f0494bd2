import type { MirrorConfig, TargetConfig } from './config/config.js';
import type { World } from './world.js';

/** Where a mirror's objects are, as text: `local /srv/vault, documents/laptop/`. The target's name is not part of it. */
export function mirrorPlace(
  { container, prefix }: Pick<MirrorConfig, 'container' | 'prefix'>,
  { driver, settings }: TargetConfig,
  findDriver: World['findDriver'],
): string {
  const { name, where } = findDriver(driver);
  return `${[name, where?.(settings)].filter(Boolean).join(' ')}, ${container}/${prefix}`;
}
