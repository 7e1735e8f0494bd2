/** Returns how many calls the summary of `strace -c` counts in all, those that failed included; 0 for none. */
export function countOfCalls(summary: string): number {
  // Columns: % time, seconds, usecs/call, calls, errors (blank for none), syscall. The last row is the total.
  const total = /^\s*100\.00\s+[\d.]+\s+\d+\s+(\d+)\s.*\btotal$/m.exec(summary);
  return Number(total?.[1] ?? 0);
}
