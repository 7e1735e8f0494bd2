import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { watchDirectoryWithChokidar } from './chokidar.js';
import { countBelow } from './count-folders.js';
import { watchDirectory } from './directories.js';
import type { WatchDirectory } from './directory-watch.js';
import { type FolderRules, openFilter } from './filter.js';
import type { SettleTimes } from './hint-stream.js';
import { createKernelQueue, type KernelQueue } from './kernel-queue.js';
import { networkFileSystem, readMounts } from './network-file-system.js';
import { createScanOnlyWatcher } from './scan-only.js';
import { createTreeWatcher } from './tree-watcher.js';
import { readWatchLimits } from './watch-limits.js';
import type { Watcher } from './watcher.js';

export interface OpenWatcherOptions extends SettleTimes {
  /** Absolute path of the source. */
  readonly root: string;
  /**
   * `auto`: chokidar for trees of up to `chokidarLimit` entries and on systems other than Linux, directories for larger
   * ones, scan for a source on a network file system.
   */
  readonly engine: 'auto' | 'chokidar' | 'directories' | 'scan';
  /** Files and folders. */
  readonly chokidarLimit: number;
  /** Files and folders of the source, when it is known; else they are counted, up to `chokidarLimit`. */
  readonly entries?: number;
  /** What to ignore, beside the ignore files in the source, which are read and watched for changes. Default: nothing. */
  readonly rules?: FolderRules;
  /** Watch folders behind symbolic links, when they lie in the source themselves. Default false. */
  readonly followLinks?: boolean;
  /** Report a folder as changed when an entry of it came or went, which changes its time. Default false. */
  readonly folderTimes?: boolean;
  /** Between rescans of folders that cannot be watched. Default 60,000. */
  readonly degradedRescanMs?: number;
  /** Milliseconds between checks that the source is still the folder that is watched. Default 2,000. */
  readonly rootCheckMs?: number;
  /** For tests. */
  readonly watchDirectory?: WatchDirectory;
  /** For tests; otherwise all watchers share the one of their event loop, as they share the kernel's queue. */
  readonly kernelQueue?: KernelQueue;
  readonly clock: Clock;
  readonly log: Logger;
}

const NO_RULES = openFilter({ exclude: [], include: [], never: [] });

const ownKernelQueue = createKernelQueue(
  readWatchLimits()?.queuedEvents ?? Number.POSITIVE_INFINITY,
);

/** Begins to watch. `ready` of the watcher rejects when the source cannot be watched. */
export async function openWatcher(options: OpenWatcherOptions): Promise<Watcher> {
  const { log } = options;
  const root = resolve(options.root);
  const network = await networkTypeOf(root);
  const engine = options.engine === 'auto' ? await chooseEngine(options, network) : options.engine;
  const unannounced =
    network === undefined
      ? undefined
      : `${root} is on a network file system (${network}), whose changes are not announced: they are found by the timed rescan`;
  if (unannounced !== undefined)
    log.warn('changes on a network file system are not announced', { root, type: network, engine });
  if (engine === 'scan')
    return createScanOnlyWatcher(
      unannounced === undefined ? [] : [{ under: '', why: unannounced }],
    );
  return createTreeWatcher({
    rules: NO_RULES,
    followLinks: false,
    folderTimes: false,
    degradedRescanMs: 60_000,
    rootCheckMs: 2_000,
    kernelQueue: ownKernelQueue,
    watchDirectory: engine === 'chokidar' ? watchDirectoryWithChokidar : watchDirectory,
    ...options,
    root,
    engine,
  });
}

async function chooseEngine(
  options: OpenWatcherOptions,
  network: string | undefined,
): Promise<'chokidar' | 'directories' | 'scan'> {
  if (network !== undefined) return 'scan';
  if (process.platform !== 'linux') return 'chokidar';
  const { root, chokidarLimit, rules = NO_RULES } = options;
  const entries =
    options.entries ??
    (await countBelow(root, [{ path: '', around: rules }], (count) => count > chokidarLimit))
      .entries;
  return entries <= chokidarLimit ? 'chokidar' : 'directories';
}

async function networkTypeOf(root: string): Promise<string | undefined> {
  try {
    return networkFileSystem(await realpath(root), readMounts());
  } catch {
    return undefined; // missing: `ready` says so
  }
}
