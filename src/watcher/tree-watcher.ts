import { relative } from 'node:path';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { createWatchTree } from './create-watch-tree.js';
import type { WatchDirectory } from './directory-watch.js';
import type { RelativePath } from './entry.js';
import type { FolderRules } from './filter.js';
import { createHintStream, type HintStream, type SettleTimes } from './hint-stream.js';
import type { KernelQueue } from './kernel-queue.js';
import { UnannouncedError } from './lasting.js';
import { networkFileSystem, readMounts } from './network-file-system.js';
import { parentOf } from './path.js';
import { createRefusals } from './refusals.js';
import type { WatchTreeEvents } from './watch-tree.js';
import type { Watcher } from './watcher.js';

export interface TreeWatcherOptions extends SettleTimes {
  /** Absolute. */
  readonly root: string;
  readonly engine: 'chokidar' | 'directories';
  readonly watchDirectory: WatchDirectory;
  /** Without those of ignore files in the source. */
  readonly rules: FolderRules;
  readonly followLinks: boolean;
  /** Report a folder as changed when an entry of it came or went, which changes its time. */
  readonly folderTimes: boolean;
  /** Between rescans of folders that cannot be watched, and attempts to watch them after all. */
  readonly degradedRescanMs: number;
  /** Milliseconds between checks that the source and the mounts in it are still those that are watched. */
  readonly rootCheckMs: number;
  readonly kernelQueue: KernelQueue;
  readonly clock: Clock;
  readonly log: Logger;
}

/** After a loss all watches are placed again, which takes seconds in a large tree: not more often than this. */
const BETWEEN_RENEWALS_MS = 30_000;

/** A watcher that holds one watch for each folder. */
export function createTreeWatcher(options: TreeWatcherOptions): Watcher {
  const { root, engine, clock, log } = options;
  const hints = createHintStream(options, clock);
  const stopping = new AbortController();
  let isReady = false;
  let losses = 0;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let cancelRenewal: (() => void) | undefined;

  const tree = createWatchTree(
    { ...options, unwatchable },
    {
      event: options.kernelQueue.count,
      changed: changedIn(hints, options.folderTimes),
      // Before `ready` every folder is newly watched, and the reader scans afterwards anyway.
      invalidate: (under, why, unheard) => isReady && hints.invalidate(under, why, unheard),
    },
  );
  const refusals = createRefusals(options, tree);

  const renew = (): void => {
    cancelRenewal = undefined;
    renewedAt = clock.monotonic();
    hints.invalidate('', 'events may have been lost', true);
    tree.renew();
  };

  const stopCounting = options.kernelQueue.onLoss((events) => {
    losses += 1;
    log.warn('watch events may have been lost', { root, events, losses });
    cancelRenewal ??= clock.after(renewedAt + BETWEEN_RENEWALS_MS - clock.monotonic(), renew);
  });

  /** Runs until the watcher is closed. */
  const repeat = async (everyMs: number, run: () => void | Promise<void>): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined); // rejects only when closing
      if (!stopping.signal.aborted) await run();
    }
  };

  const rescanRefused = async (): Promise<void> => {
    for (const { under, why } of refusals.readable()) hints.invalidate(under, why, true);
    tree.retry();
    await tree.settled();
    await refusals.report(stopping.signal);
  };

  const repeating: Promise<void>[] = [];
  const start = async (): Promise<void> => {
    await tree.settled();
    if (stopping.signal.aborted)
      throw new Error(`the watcher of ${root} was closed before it was ready`);
    const refusal = refusals.ofRoot();
    if (refusal !== undefined) {
      await close();
      throw refusal;
    }
    isReady = true;
    repeating.push(
      refusals.report(stopping.signal),
      repeat(options.rootCheckMs, () => tree.verify(mountPointsBelow(root))),
      repeat(options.degradedRescanMs, rescanRefused),
    );
  };

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      stopping.abort();
      stopCounting();
      cancelRenewal?.();
      hints.close();
      await tree.close();
      await Promise.all(repeating);
    })();
    return closed;
  };

  const ready = start();
  ready.catch(() => undefined); // the caller of `ready` gets the rejection; it may also be ignored
  return {
    ready,
    close,
    unwatched: refusals.readable,
    appearedAs: hints.appearedAs,
    unsettledRescans: () =>
      isReady && tree.placing ? { since: undefined } : hints.unsettledRescans(),
    unsettled(path) {
      const waiting = hints.unsettled(path);
      return path === undefined && isReady && tree.placing ? { since: undefined } : waiting;
    },
    state: () => ({ engine, directories: tree.watched, degraded: refusals.degraded(), losses }),
    [Symbol.asyncIterator]: () => hints[Symbol.asyncIterator](),
  };
}

/**
 * With `folderTimes` the folder is reported, too, in which something came or went. Each entry begins its wait for quiet again, so
 * that a folder that is being filled has one hint.
 */
function changedIn(
  { changed }: Pick<HintStream, 'changed'>,
  folderTimes: boolean,
): WatchTreeEvents['changed'] {
  if (!folderTimes) return (path, _kind, inode) => changed(path, inode);
  return (path, kind, inode) => {
    changed(path, inode);
    const folder = kind === 'rename' ? parentOf(path) : undefined;
    if (folder !== undefined && folder !== '') changed(folder);
  };
}

function unwatchable(absolutePath: string): Error | undefined {
  const type = networkFileSystem(absolutePath, readMounts());
  return type === undefined
    ? undefined
    : new UnannouncedError(
        `${absolutePath} is on a network file system (${type}), whose changes are not announced`,
      );
}

function mountPointsBelow(root: string): RelativePath[] {
  const points = readMounts().map(({ point }) => relative(root, point));
  return points.filter((path) => path !== '' && path !== '..' && !path.startsWith('../'));
}
