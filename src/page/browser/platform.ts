// The one door to the browser's time and requests, as clock.ts is for the program.

/** Milliseconds that only ever grow. */
export const monotonic = (): number => performance.now();

/** Calls `run` once after `ms`. Returns what cancels it. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

export const request: typeof fetch = (...args) => fetch(...args);

/** Milliseconds since the epoch of a time of day in the reader's own zone, the next time that it comes. */
export function nextTime(hours: number, minutes: number, nowMs: number): number {
  const at = new Date(nowMs);
  at.setHours(hours, minutes, 0, 0);
  if (at.getTime() <= nowMs) at.setDate(at.getDate() + 1);
  return at.getTime();
}
