import { readFileSync } from 'node:fs';

/** The letter of proc_pid_stat(5) for the state of a process, `T` when it is stopped; undefined: it has ended. */
export function processState(pid: number | undefined): string | undefined {
  try {
    return / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
