import { readFileSync } from 'node:fs';

/** The letter of proc_pid_stat(5) for the state of a process, `T` when it is stopped; undefined: it has ended. */
export function processState(pid: number | undefined): string | undefined {
  try {
    return / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** PF_EXITING of the kernel's include/linux/sched.h. */
const EXITING = 0x4;

/** Whether the process has ended, or a signal has ended it and only the kernel has something to do for it, such as closing files. */
export function isEnding(pid: number | undefined): boolean {
  try {
    // The name, in brackets, may have spaces. Flags are the 9th field, the 7th behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' || (Number(fields[6]) & EXITING) !== 0;
  } catch {
    return true;
  }
}
