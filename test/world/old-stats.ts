/** Files whose ctime is older than the file system's clock ticks need no second hashing: see isRacy. */
export function untilStatsAreOld(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 150));
}
