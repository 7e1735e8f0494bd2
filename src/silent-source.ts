import type { Clock } from './clock.js';

/** The file system of a source does not answer, as that of a file server that is away. */
export class SourceSilentError extends Error {
  override readonly name = 'SourceSilentError';
  /** As the system says it where a file system gives up by itself. */
  readonly code = 'ETIMEDOUT';
}

/** A file system that answers at all has done a call by then, or read some more of a file, however slow it is. Milliseconds. */
export const SILENT_MS = 120_000;

export function silentFile(path: string, ms: number): SourceSilentError {
  return new SourceSilentError(
    `cannot read ${path}: its file system did not answer for ${ms / 1_000} s; does the file server of the source answer?`,
  );
}

/** Looks in the time of a silence: a process that was stopped itself for as long looks once, and not late. */
const LOOKS = 8;

/**
 * Calls `silent` once `progress` has returned the same for so many milliseconds. Returns what ends that. It does not keep the
 * process alive.
 */
export function watchSilence(
  clock: Pick<Clock, 'after'>,
  silentMs: number,
  progress: () => number,
  silent: () => void,
): () => void {
  let before = progress();
  let quiet = 0;
  let cancel = clock.after(silentMs / LOOKS, look);

  function look(): void {
    const now = progress();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    if (quiet < LOOKS) cancel = clock.after(silentMs / LOOKS, look);
    else silent();
  }

  return () => cancel();
}

/*
 * Calls that were abandoned and have not ended. Each holds a thread, which nothing can end, and Node waits for all threads at the
 * end of its process: one with such a call has to be ended by a signal.
 */
let hanging = 0;
let listeners: (() => void)[] = [];

/** A call was abandoned, or a thread that may be in one was asked to end. It hangs until it settles. */
export function noteHanging(call: Promise<unknown>): void {
  hanging += 1;
  call.then(ended, ended);
}

function ended(): void {
  hanging -= 1;
  if (hanging > 0) return;
  for (const listen of listeners) listen();
  listeners = [];
}

export function hasHanging(): boolean {
  return hanging > 0;
}

/** Resolves when no call hangs. */
export function whenNoneHangs(): Promise<void> {
  if (hanging === 0) return Promise.resolve();
  return new Promise((resolve) => void listeners.push(resolve));
}
