import { readFileSync } from 'node:fs';

/** Ticks a second of the times in /proc/PID/stat: USER_HZ, 100 on every Linux that Node runs on (proc(5), sysconf(3)). */
const TICKS_A_SECOND = 100;

/**
 * Returns user and system time in seconds of a process with all its threads, those that ended included, and of its children
 * that were waited for. Steps of 10 ms. NaN when there is no such process.
 */
export function cpuSecondsOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may hold blanks. utime is field 14 (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return ticks.length < 4 ? Number.NaN : ticks.reduce((sum, each) => sum + each) / TICKS_A_SECOND;
}

/** Returns the anonymous memory in MiB of a process and its descendants: heaps and stacks, without mapped files. */
export function ownMebibytesOf(pid: number): number {
  const kib = /^RssAnon:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0;
  return childrenOf(pid).reduce((sum, child) => sum + ownMebibytesOf(child), Number(kib) / 1024);
}

/** Returns the processes that the main thread of a process started and that have not ended. */
export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Returns the load averages over 1, 5 and 15 minutes. */
export function loadAverages(): string {
  return read('/proc/loadavg').split(' ').slice(0, 3).join(' ');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // The process has ended.
  }
}

/** The most own memory that was seen of a process, in MiB, by a reading every 20 ms from the beginning until `stop`. */
export function sampleOwnMemory(pid: () => number | undefined): { stop(): number } {
  let most = 0;
  const timer = setInterval(() => {
    const sampled = pid();
    if (sampled !== undefined) most = Math.max(most, ownMebibytesOf(sampled));
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}
