import { childController, onAbort } from '../../signal.js';
import type { Backend } from '../backend.js';
import { intercept, type Operation } from './intercept.js';

/**
 * Changes that begin something at the provider. A part, and the completion of an upload, belong to something that has
 * begun; what only reads may be what confirms it.
 */
const BEGINS: ReadonlySet<Operation> = new Set([
  'createContainer',
  'deleteContainer',
  'putObject',
  'deleteObject',
  'copyObject',
  'putObjects',
  'deleteObjects',
  'begin',
  'deleteVersion',
]);

/** Two layers, around those in which a call may have to wait for its turn. */
export interface UntilDrained {
  /** Outside of them: a change that has not begun when the program is asked to stop rejects with the signal's reason. */
  around(inner: Backend): Backend;
  /** Inside of them: a call that arrives here has begun, and runs to its end. */
  within(inner: Backend): Backend;
}

/** Once `drain` is aborted no change begins, not even one that waits already; running calls continue. */
export function untilDrained(drain: AbortSignal): UntilDrained {
  /** By the signal of a waiting call: the function that stops it from following `drain`. */
  const waiting = new WeakMap<AbortSignal, () => void>();

  return {
    around: (inner) =>
      intercept(inner, async ({ operation, call }, run) => {
        if (!BEGINS.has(operation)) return run();
        const { controller, unlink } = childController(call.signal);
        const begun = onAbort(drain, () => controller.abort(drain.reason));
        const { signal } = controller;
        waiting.set(signal, begun);
        try {
          signal.throwIfAborted();
          return await run({ ...call, signal });
        } finally {
          begun();
          unlink();
        }
      }),
    within: (inner) =>
      intercept(inner, (invocation, run) => {
        const { signal } = invocation.call;
        const begun = waiting.get(signal);
        if (begun !== undefined) {
          signal.throwIfAborted();
          begun();
        }
        return run();
      }),
  };
}
