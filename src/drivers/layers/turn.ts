import { childController } from '../../signal.js';
import type { Invocation } from './layer.js';

/**
 * Waits for the turn of a call, by a function that ends its wait with the reason of the given signal: when the call is
 * aborted, and when it may not begin any more.
 */
export async function waitForTurn<T>(
  { call, drain }: Pick<Invocation, 'call' | 'drain'>,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (drain === undefined) return wait(call.signal);
  const { controller, unlink } = childController(call.signal, drain);
  try {
    return await wait(controller.signal);
  } finally {
    unlink();
  }
}
