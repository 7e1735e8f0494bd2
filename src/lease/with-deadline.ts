import type { Clock } from '../clock.js';
import { orAborted } from '../drivers/signal.js';

/** Runs a call that is aborted, and given up, after so long. Rejects then with an error that says so. */
export async function withDeadline<T>(clock: Clock, ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const cancel = clock.after(ms, () => controller.abort(new Error(`no answer within ${ms / 1_000} s`)));
  try {
    return await orAborted(call(controller.signal), controller.signal);
  } finally {
    cancel();
  }
}
