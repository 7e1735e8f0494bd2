import type { Layer } from './layer.js';
import type { Operation } from './operations.js';

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
  readonly outer: Layer;
  /** Inside of them: a call that arrives here has begun, and runs to its end. */
  readonly inner: Layer;
}

/** Once `drain` is aborted no change begins, not even one that waits already; running calls continue. */
export function untilDrained(drain: AbortSignal): UntilDrained {
  const concerns = (operation: Operation) => BEGINS.has(operation);
  return {
    outer: {
      name: 'until drained, waiting',
      concerns,
      around(invocation, next) {
        drain.throwIfAborted();
        const { operation, args, body, call } = invocation;
        return next({ operation, args, body, call, drain });
      },
      quick: {
        enter(request) {
          drain.throwIfAborted();
          request.drain = drain;
          return undefined;
        },
      },
    },
    inner: {
      name: 'until drained, begun',
      concerns,
      around(invocation, next) {
        drain.throwIfAborted();
        return next(invocation);
      },
      quick: {
        enter() {
          drain.throwIfAborted();
          return undefined;
        },
      },
    },
  };
}
