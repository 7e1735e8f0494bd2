import type { Io, StopSignal } from './io.js';

/** The stop signals, as abort signals. */
export interface StopSignals {
  /** Take no more work, let what runs finish. */
  readonly drain: AbortSignal;
  /** Drop what runs as well. */
  readonly interrupt: AbortSignal;
  /** The first signal, once there was one. */
  received(): StopSignal | undefined;
  /** Removes the signal handlers. */
  close(): void;
}

export interface StopOptions {
  /** Milliseconds from drain to interrupt; 0: both at once. Read at the first signal. */
  readonly drainMs: number;
  /** Called at each SIGHUP. True: it was no stop signal. Default: it is one. */
  readonly hangup?: () => boolean;
  /** Called with each step, for the log or the terminal. */
  notice?(step: 'draining' | 'interrupting', why: string): void;
}

/** Stopped by a signal. The reason of both AbortSignals. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** After the second signal what is open may take so long to close; state and containers bear an end at any moment. */
const LAST_MS = 800;

/**
 * The first SIGTERM, SIGINT or SIGHUP drains; the second, or the end of the drain time, interrupts. Within a second after the
 * second signal the process ends, whatever still runs: a file system that does not answer, a thread in a long call. A
 * third signal ends it at once, because by then nothing here listens any more.
 */
export function openStopSignals(
  { onSignal, clock, endBy }: Pick<Io, 'onSignal' | 'clock' | 'endBy'>,
  options: StopOptions,
): StopSignals {
  const { hangup = () => false, notice = () => {} } = options;
  const drain = new AbortController();
  const interrupt = new AbortController();
  let first: StopSignal | undefined;
  let cancelDeadline = () => {};

  const release = onSignal((signal) => {
    if (signal === 'SIGHUP' && hangup()) return;
    if (first !== undefined) {
      clock.after(LAST_MS, () => endBy(signal)); // not cancelled: what still hangs then has no other end
      return dropAll(`${signal}, the second signal`);
    }
    first = signal;
    notice('draining', signal);
    drain.abort(new StoppedError(`stopped by ${signal}`));
    if (options.drainMs === 0) return dropAll(signal);
    cancelDeadline = clock.after(options.drainMs, () => dropAll('the drain time is over'));
  });

  function dropAll(why: string): void {
    close();
    if (options.drainMs > 0) notice('interrupting', why);
    interrupt.abort(new StoppedError(`interrupted: ${why}`));
  }

  function close(): void {
    cancelDeadline();
    release();
  }

  return { drain: drain.signal, interrupt: interrupt.signal, received: () => first, close };
}
