import type { Clock } from '../clock.js';

/*
 * Whether a commit into any LMDB file of this process has failed. Its memory may then be damaged (lmdb-js 3.5.6 formats
 * the message of a failed pwrite into a buffer that is too small for it), so the process has to end soon, and without
 * LMDB's own clean-up.
 */
/** For each step of the end of a process in which a commit has failed. */
const STEP_MS = 300;

let failed = false;
const listeners = new Set<(error: Error) => void>();

export function noteFailedEnvironment(error: Error): void {
  if (failed) return;
  failed = true;
  for (const listen of listeners) listen(error);
}

export function hasFailedEnvironment(): boolean {
  return failed;
}

/** Calls `listen` once, at the first failure. Returns what ends that. */
export function onFailedEnvironment(listen: (error: Error) => void): () => void {
  listeners.add(listen);
  return () => void listeners.delete(listen);
}

/** Waits for a step of the program; after a failed commit, or from one on, for a moment only, and whatever comes of it. */
export async function inTime(step: Promise<unknown>, clock: Clock): Promise<void> {
  let stop: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    const begin = () => {
      stop = clock.after(STEP_MS, resolve);
    };
    if (failed) begin();
    else stop = onFailedEnvironment(begin);
  });
  try {
    await Promise.race([step, late]);
  } catch (error) {
    if (!failed) throw error;
  } finally {
    stop();
  }
}
