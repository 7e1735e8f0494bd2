import type { Config } from './config/config.js';
import type { World } from './world.js';

/** Folders that longshore writes to, as absolute paths. They are not mirrored, and a source that holds only them is empty. */
export function ownFolders(
  { stateFolder, targets }: Pick<Config, 'stateFolder' | 'targets'>,
  findDriver: World['findDriver'],
): readonly string[] {
  return [
    stateFolder,
    ...targets.flatMap(({ driver, settings }) => findDriver(driver).folders?.(settings) ?? []),
  ];
}
