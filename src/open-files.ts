import { readFileSync } from 'node:fs';

/** Enough for connections, threads, the state and folders that are being read; the usual limit of a shell. */
export const WANTED_FILES = 1024;

/** How many files this process may have open (RLIMIT_NOFILE, proc_pid_limits(5)); undefined where that cannot be known. */
export function openFileLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // no /proc, or no descriptor left to read it with
  }
}
