import { readFileSync } from 'node:fs';

/** Linux's bounds on inotify, per user and user namespace (man 7 inotify). */
export interface WatchLimits {
  /** `fs.inotify.max_user_watches`: watched directories. */
  readonly watches: number;
  /** `fs.inotify.max_user_instances`: one for each event loop that watches anything. */
  readonly instances: number;
  /** `fs.inotify.max_queued_events`: what the kernel keeps for a reader that is late. It drops the rest. */
  readonly queuedEvents: number;
}

/** Undefined where there is no inotify. */
export function readWatchLimits(folder = '/proc/sys/fs/inotify'): WatchLimits | undefined {
  const read = (name: string): number => Number.parseInt(readFileSync(`${folder}/${name}`, 'utf8'), 10);
  try {
    return { watches: read('max_user_watches'), instances: read('max_user_instances'), queuedEvents: read('max_queued_events') };
  } catch {
    return undefined;
  }
}

/** Whether watching failed at a limit of the system, so that every further watch will fail as well. */
export function isLimit(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE';
}

/**
 * What to tell a person who can raise the limit that `error` has run into. `needed` is the number of folders of the
 * source, undefined while it is not known.
 */
export function explainLimit(error: Error, limits: WatchLimits | undefined, needed: number | undefined): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    const present = limits === undefined ? '' : ` is ${limits.watches}, shared by all programs of this user`;
    const need = needed === undefined ? '' : `; this source needs ${needed}, one for each folder`;
    const enough = raised((limits?.watches ?? 0) + (needed ?? limits?.watches ?? 0));
    return `no watches left: fs.inotify.max_user_watches${present}${need}. Raise it: sysctl -w fs.inotify.max_user_watches=${enough}`;
  }
  const present = limits === undefined ? '' : ` (is ${limits.instances})`;
  const enough = raised(2 * (limits?.instances ?? 128));
  return `no room for another watcher: fs.inotify.max_user_instances${present} or the number of open files (ulimit -n) is too low. Raise it: sysctl -w fs.inotify.max_user_instances=${enough}`;
}

/** The next power of two: the usual values of these settings. */
function raised(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(atLeast, 1_024)));
}
