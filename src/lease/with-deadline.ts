import type { Clock } from '../clock.js';
import { childController, orAborted } from '../signal.js';

/**
 * Runs a call, and aborts it after `ms` milliseconds or with `until`. Rejects then at once: with the error that `late` makes, or
 * with the reason of `until`.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  until: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
  late = () => new Error(`no answer within ${ms / 1_000} s`),
): Promise<T> {
  const { controller, unlink } = childController(until);
  const cancel = clock.after(ms, () => controller.abort(late()));
  try {
    return await orAborted(call(controller.signal), controller.signal);
  } finally {
    cancel();
    unlink();
  }
}
