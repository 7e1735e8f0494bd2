import { findDriver } from '../drivers/registry/registry.js';
import { ownFolders } from '../own-folders.js';
import { printable } from '../printable.js';
import { innerMounts } from '../sync/source/inner-mounts.js';
import { identityOf } from '../sync/source/source-identity.js';
import { pathsBelow } from '../watcher/path.js';
import { isEmptySource, openSource } from '../watcher/source.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { onMirrorState } from './mirror-state.js';
import { findMirror, openConfig } from './open-config.js';
import { openOutput } from './output.js';

/**
 * `longshore accept-source MIRROR`: an operator confirms the folder at the source's path, even if it was replaced or is empty,
 * and the file systems that are mounted inside it.
 * Refused while a daemon runs, which would not read the decision.
 */
export async function acceptSource(
  configFile: string | undefined,
  name: string,
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const mirror = findMirror(config, name);
  const output = openOutput(io.stdout);
  return interruptible(io, async (signal) => {
    const opened = openSource(mirror.source);
    const source = identityOf(opened);
    const mounts = innerMounts(opened);
    const empty = isEmptySource(
      mirror.source,
      pathsBelow(mirror.source, ownFolders(config, findDriver)),
    );
    await onMirrorState(config, mirror, io, signal, ({ ledger }) =>
      ledger.update(({ acceptedEmpty: _, ...document }) => ({
        ...document,
        source,
        mounts,
        ...(empty ? { acceptedEmpty: true as const } : {}),
      })),
    );
    output.line(
      `${name}: ${printable(mirror.source)} is its source${empty ? ', and is meant to be empty' : ''}; the next run mirrors it`,
    );
    await output.finish();
    return EXIT.OK;
  });
}
