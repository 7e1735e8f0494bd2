import type { Io, StopSignal } from './io.js';

/** What ends the program early, as the rest of it sees it. */
export interface StopSignals {
  /** Take no more work, let what runs finish. */
  readonly drain: AbortSignal;
  /** Drop what runs as well. */
  readonly interrupt: AbortSignal;
  /** The first signal, once there was one. */
  received(): StopSignal | undefined;
  /** Gives the signals back to the system. */
  close(): void;
}

export interface StopOptions {
  /** Milliseconds from drain to interrupt; 0: both at once. */
  readonly drainMs: number;
  /** Told of each step, for the log or the terminal. */
  notice?(step: 'draining' | 'interrupting', why: string): void;
}

/** Stopped by a signal. The reason of both AbortSignals. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/**
 * The first SIGTERM or SIGINT drains; the second, or the end of the drain time, interrupts; a third ends the process at once,
 * because by then nothing here listens any more.
 */
export function openStopSignals(
  { onSignal, clock }: Pick<Io, 'onSignal' | 'clock'>,
  { drainMs, notice = () => {} }: StopOptions,
): StopSignals {
  const drain = new AbortController();
  const interrupt = new AbortController();
  let first: StopSignal | undefined;
  let cancelDeadline = () => {};

  const release = onSignal((signal) => {
    if (first !== undefined) return dropAll(`${signal}, the second signal`);
    first = signal;
    notice('draining', signal);
    drain.abort(new StoppedError(`stopped by ${signal}`));
    if (drainMs === 0) return dropAll(signal);
    cancelDeadline = clock.after(drainMs, () => dropAll('the drain time is over'));
  });

  function dropAll(why: string): void {
    close();
    if (drainMs > 0) notice('interrupting', why);
    interrupt.abort(new StoppedError(`interrupted: ${why}`));
  }

  function close(): void {
    cancelDeadline();
    release();
  }

  return { drain: drain.signal, interrupt: interrupt.signal, received: () => first, close };
}
