import { exitCodeOfSignal } from './exit.js';
import type { Io } from './io.js';
import { openStopSignals } from './stop-signals.js';

/**
 * Runs a command that can stop at any moment: the first SIGINT or SIGTERM aborts its signal. When it
 * then rejects, the exit code is that of the signal; otherwise it is what `work` resolves with.
 */
export async function interruptible(
  io: Io,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const signals = openStopSignals(io, { drainMs: 0 });
  try {
    return await work(signals.interrupt);
  } catch (error) {
    const signal = signals.received();
    if (signal === undefined) throw error;
    return exitCodeOfSignal(signal);
  } finally {
    signals.close();
  }
}
