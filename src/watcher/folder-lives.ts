import type { Clock } from '../clock.js';
import { type FolderEvent, type FolderStep, folderStep, type Refusal } from './folder-step.js';
import { retryAfterMs } from './lasting.js';
import type { WatchedFolder } from './watched-folder.js';

/** The states of the folders of a tree: see folder-step.ts. */
export interface FolderLives {
  readonly refused: ReadonlyMap<WatchedFolder, Refusal>;
  /** Changes with each change of `refused`. */
  readonly version: number;
  /** Some refused folders are about to be retried, and may be watched then. */
  readonly passing: boolean;
  /** The only place that changes the state of a folder. */
  apply(folder: WatchedFolder, event: FolderEvent): FolderStep;
}

/** After so many failures, about a minute, the folder no longer counts as passing, but only as degraded. */
const PASSING_FAILURES = 6;

/** `tryAgain` is called for each retry. `limitMs`: the longest wait between retries, milliseconds. */
export function createFolderLives(
  clock: Pick<Clock, 'after'>,
  limitMs: number,
  tryAgain: (folder: WatchedFolder) => void,
): FolderLives {
  const refused = new Map<WatchedFolder, Refusal>();
  /** What cancels the timers of refused folders that are retried. */
  const timers = new Map<WatchedFolder, () => void>();
  let version = 0;

  function setRefusal(folder: WatchedFolder, refusal: Refusal | undefined): void {
    if (refused.get(folder) === refusal) return;
    version += 1;
    if (refusal === undefined) refused.delete(folder);
    else refused.set(folder, refusal);
  }

  function setTimer(folder: WatchedFolder, timer: 'start' | 'stop'): void {
    timers.get(folder)?.();
    timers.delete(folder);
    const failures = refused.get(folder)?.failures;
    if (timer === 'stop' || failures === undefined) return;
    const retry = () => tryAgain(folder);
    timers.set(folder, clock.after(retryAfterMs(failures, limitMs), retry));
  }

  return {
    refused,
    get version() {
      return version;
    },
    get passing() {
      return [...timers.keys()].some(
        (folder) => (refused.get(folder)?.failures ?? 0) <= PASSING_FAILURES,
      );
    },
    apply(folder, event) {
      const { queued, gone } = folder;
      const step = folderStep({ queued, gone, refusal: refused.get(folder) }, event);
      folder.queued = step.life.queued;
      folder.gone = step.life.gone;
      setRefusal(folder, step.life.refusal);
      if (step.timer !== undefined) setTimer(folder, step.timer);
      return step;
    },
  };
}
