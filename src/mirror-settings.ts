import type { Config, MirrorConfig, TargetConfig } from './config/config.js';
import { keptAttributes } from './kept-attributes.js';
import { ownFolders } from './own-folders.js';
import type { MirrorSettings } from './sync/mirror-settings.js';
import type { World } from './world.js';

/** What a mirror's settings are besides its configuration. */
export interface FoundSettings {
  readonly metadataEpoch: number;
  readonly dryRun: boolean;
}

/** What sync is to know of a mirror. */
export function mirrorSettings(
  config: Config,
  mirror: MirrorConfig,
  { multipartThreshold, partSize }: TargetConfig,
  findDriver: World['findDriver'],
  { metadataEpoch, dryRun }: FoundSettings = { metadataEpoch: 0, dryRun: true },
): MirrorSettings {
  const { overwrite, extraneous, deletes, metadata, hardlinks } = mirror;
  // A dry run sends nothing, so it reads no large file to hash it first.
  const md5 = metadata.includes('md5') && !dryRun;
  const kept = {
    mtime: metadata.includes('mtime'),
    mode: metadata.includes('mode'),
    owner: metadata.includes('owner'),
    md5,
    hardlinks: hardlinks === 'record',
    ...keptAttributes(mirror),
  };
  return {
    ...mirror,
    partsAbove: multipartThreshold,
    partSize,
    never: ownFolders(config, findDriver),
    // A dry run changes nothing, and its index takes nothing.
    indexSnapshot: dryRun ? undefined : mirror.indexSnapshot,
    policy: { overwrite, extraneous, deletes, metadata: kept, metadataEpoch },
  };
}
