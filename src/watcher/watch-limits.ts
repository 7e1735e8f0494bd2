import { readFileSync } from 'node:fs';

/** Linux's bounds on inotify, per user and user namespace (man 7 inotify, man 7 user_namespaces). */
export interface WatchLimits {
  /** Watched directories. */
  readonly watches: Setting;
  /** One for each event loop that watches anything. */
  readonly instances: Setting;
  /** `fs.inotify.max_queued_events`: what the kernel keeps for a reader that is late. It drops the rest. */
  readonly queuedEvents: number;
}

export interface Setting {
  /** Its name for `sysctl`. */
  readonly name: string;
  readonly value: number;
}

/** Undefined where there is no inotify. */
export function readWatchLimits(procSys = '/proc/sys'): WatchLimits | undefined {
  const read = (name: string): Setting => ({
    name,
    value: Number.parseInt(readFileSync(`${procSys}/${name.replaceAll('.', '/')}`, 'utf8'), 10),
  });
  // In a container both hold: the one of the host and the one of the container's user namespace.
  const lower = (one: Setting, other: Setting): Setting => (other.value < one.value ? other : one);
  try {
    return {
      watches: lower(read('fs.inotify.max_user_watches'), read('user.max_inotify_watches')),
      instances: lower(read('fs.inotify.max_user_instances'), read('user.max_inotify_instances')),
      queuedEvents: read('fs.inotify.max_queued_events').value,
    };
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
export function explainLimit(
  error: Error,
  limits: WatchLimits | undefined,
  needed: number | undefined,
): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    const { name, value } = limits?.watches ?? { name: 'fs.inotify.max_user_watches', value: 0 };
    const need = needed === undefined ? '' : `; this source needs ${needed}, one for each folder`;
    return `no watches left: ${name} is ${value}, shared by all programs of this user${need}. Raise it: sysctl -w ${name}=${raised(value + (needed ?? value))}`;
  }
  const { name, value } = limits?.instances ?? {
    name: 'fs.inotify.max_user_instances',
    value: 128,
  };
  return `no room for another watcher: ${name} (is ${value}) or the number of open files (ulimit -n) is too low. Raise it: sysctl -w ${name}=${raised(2 * value)}`;
}

/** The next power of two: the usual values of these settings. */
function raised(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(atLeast, 1_024)));
}
