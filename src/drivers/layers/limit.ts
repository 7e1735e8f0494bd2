import type { Clock } from '../../clock.js';
import { StorageError, ThrottledError } from '../errors.js';
import { openGate } from '../gate.js';
import type { Layer } from './layer.js';
import type { QuickRule } from './passage.js';
import { waitForTurn } from './turn.js';

export interface LimitSettings {
  readonly clock: Clock;
  /** Calls under way at once, at the most. */
  readonly concurrency: number;
  /** Called whenever the number of calls that may be under way changes (whole calls, rounded down). */
  readonly onLimit?: (limit: number) => void;
}

/**
 * Bounds the calls under way of all backends that have this layer. When the provider throttles, the bound is
 * halved, and it grows back by one for each full round of calls that went well (additive increase, multiplicative
 * decrease: RFC 5681 section 3.1). A Retry-After holds back every call of the target, not only the one that received it.
 * A reading counts until the provider has answered; its bytes then arrive at the reader's pace.
 */
export function limit({ clock, concurrency, onLimit = () => {} }: LimitSettings): Layer {
  const gate = openGate(clock, concurrency);
  let allowed = concurrency;
  /** Counts decreases: a throttled call that began before the last one is no reason for another. */
  let decreases = 0;

  function allow(next: number): void {
    const before = Math.floor(allowed);
    allowed = next;
    if (Math.floor(allowed) === before) return;
    gate.allow(Math.floor(allowed));
    onLimit(Math.floor(allowed));
  }

  function slowDown(error: unknown, decreasesBefore: number): void {
    if (error instanceof ThrottledError && decreasesBefore === decreases) {
      decreases += 1;
      allow(Math.max(1, allowed / 2));
    }
    if (error instanceof StorageError && typeof error.retry === 'object')
      gate.pauseFor(error.retry.afterMs);
  }

  function speedUp(): void {
    if (allowed < concurrency) allow(Math.min(concurrency, allowed + 1 / allowed));
  }

  const quick: QuickRule = {
    enter(request) {
      request.decreases = decreases;
      if (gate.tryEnter() !== undefined) return undefined;
      if (!request.alone) return 'full';
      return waitForTurn(request, (signal) => gate.enter(signal)).then(() => {
        request.decreases = decreases;
      });
    },
    leave(request, error) {
      if (error === undefined) speedUp();
      else slowDown(error, request.decreases);
      gate.leave();
    },
  };

  return {
    name: 'limit',
    callsAtOnce: () => Math.floor(allowed),
    quick,
    async around(invocation, next) {
      invocation.call.signal.throwIfAborted();
      const release =
        gate.tryEnter() ?? (await waitForTurn(invocation, (signal) => gate.enter(signal)));
      const decreasesBefore = decreases;
      try {
        const result = await next(invocation);
        speedUp();
        return result;
      } catch (error) {
        slowDown(error, decreasesBefore);
        throw error;
      } finally {
        release();
      }
    },
  };
}
