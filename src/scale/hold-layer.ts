import type { Clock } from '../clock.js';
import { StorageError } from '../drivers/errors.js';
import type { Layer } from '../drivers/layers/layer.js';
import { waitForTurn } from '../drivers/layers/turn.js';
import type { SharedLimits } from './shared-limits.js';

/** A wait is cut down to this: the hold may become longer. */
const LONGEST_SLEEP_MS = 1_000;

/** What a provider asks one process to wait (Retry-After) holds the calls of all of them. */
export function holdForAll(
  limits: Pick<SharedLimits, 'hold' | 'heldMs'>,
  clock: Pick<Clock, 'sleep'>,
): Layer {
  async function untilFree(signal: AbortSignal): Promise<void> {
    for (let ms = limits.heldMs(); ms > 0; ms = limits.heldMs())
      await clock.sleep(Math.min(ms, LONGEST_SLEEP_MS), signal);
  }

  function heed(error: unknown): void {
    if (error instanceof StorageError && typeof error.retry === 'object')
      limits.hold(error.retry.afterMs);
  }

  return {
    name: 'hold for all',
    async around(invocation, next) {
      if (limits.heldMs() > 0) await waitForTurn(invocation, untilFree);
      try {
        return await next(invocation);
      } catch (error) {
        heed(error);
        throw error;
      }
    },
    quick: {
      enter: (request) => (limits.heldMs() > 0 ? waitForTurn(request, untilFree) : undefined),
      leave: (_, error) => heed(error),
    },
  };
}
