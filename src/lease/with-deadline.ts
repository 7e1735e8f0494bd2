import type { Clock } from '../clock.js';
import { childController, orAborted } from '../signal.js';

/** Runs a call that is aborted, and given up, after so long, or with `until`. Rejects then with an error that says so, or with its reason. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  until: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, unlink } = childController(until);
  const cancel = clock.after(ms, () =>
    controller.abort(new Error(`no answer within ${ms / 1_000} s`)),
  );
  try {
    return await orAborted(call(controller.signal), controller.signal);
  } finally {
    cancel();
    unlink();
  }
}
