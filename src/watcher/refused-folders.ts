import type { Clock } from '../clock.js';
import { isLasting, retryAfterMs } from './lasting.js';
import type { WatchedFolder } from './watched-folder.js';

/** Folders that could not be watched or read. Where the reason may be over soon, they are retried after 1, 2, 4 ... s. */
export interface RefusedFolders {
  readonly reasons: ReadonlyMap<WatchedFolder, Error>;
  /** Changes with each change of `reasons`. */
  readonly version: number;
  /** Some are about to be retried, and may be watched then. */
  readonly passing: boolean;
  refuse(folder: WatchedFolder, reason: Error): void;
  /** The folder is watched and read, or gone. */
  permit(folder: WatchedFolder): void;
  /** The folder is about to be retried. Returns a function that ends its retries, unless it was refused again meanwhile. */
  trying(folder: WatchedFolder): () => void;
  /** The folder is gone. */
  forget(folder: WatchedFolder): void;
}

/** A folder that failed, for a reason that may be over soon. */
interface Failing {
  readonly failures: number;
  readonly cancel: () => void;
}

/** After so many failures, about a minute, the folder no longer counts as passing, but only as degraded. */
const PASSING_FAILURES = 6;

/** `tryAgain` is called for each retry. `limitMs`: the longest wait between retries, milliseconds. */
export function createRefusedFolders(
  clock: Pick<Clock, 'after'>,
  limitMs: number,
  tryAgain: (folder: WatchedFolder) => void,
): RefusedFolders {
  const reasons = new Map<WatchedFolder, Error>();
  const failing = new Map<WatchedFolder, Failing>();
  let version = 0;

  function permit(folder: WatchedFolder): void {
    if (reasons.delete(folder)) version += 1;
  }

  return {
    reasons,
    get version() {
      return version;
    },
    get passing() {
      return [...failing.values()].some(({ failures }) => failures <= PASSING_FAILURES);
    },
    refuse(folder, reason) {
      reasons.set(folder, reason);
      version += 1;
      const before = failing.get(folder);
      before?.cancel();
      failing.delete(folder);
      if (isLasting(reason)) return;
      const failures = (before?.failures ?? 0) + 1;
      const cancel = clock.after(retryAfterMs(failures, limitMs), () => tryAgain(folder));
      failing.set(folder, { failures, cancel });
    },
    permit,
    trying(folder) {
      const before = failing.get(folder);
      before?.cancel();
      return () => {
        if (failing.get(folder) !== before) return;
        permit(folder);
        failing.delete(folder);
      };
    },
    forget(folder) {
      permit(folder);
      failing.get(folder)?.cancel();
      failing.delete(folder);
    },
  };
}
