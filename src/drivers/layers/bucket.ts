import type { Clock } from '../../clock.js';
import { openTurns } from './turns.js';

/** Limits a rate, in the order of the calls. */
export interface Bucket {
  /** Lets `amount` pass if no caller has to wait for it. False: nothing has passed, and `take` would wait. */
  tryTake(amount: number): boolean;
  /** Resolves when `amount` may pass. Rejects with the signal's reason when it is aborted first; nothing has passed then. */
  take(amount: number, signal: AbortSignal): Promise<void>;
}

/** Unused rate is saved for this time, because timers fire late. */
export const SAVED_SECONDS = 0.1;
/** A waiting caller checks at least this often, since the rate may change. */
export const LONGEST_SLEEP_MS = 1_000;

/**
 * A token bucket that may be overdrawn: the next caller passes as soon as nothing is owed, whatever amount it takes, and
 * the caller after it waits for that. So in any span of time no more passes than the rate allows, what was saved, and one amount.
 * `perSecond` is called each time; Infinity lets everything through.
 */
export function openBucket(
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  perSecond: () => number,
): Bucket {
  let level = 0;
  let atMs = clock.monotonic();
  const turns = openTurns();

  /** Milliseconds until nothing is owed. */
  function owedMs(): number {
    const rate = perSecond();
    const nowMs = clock.monotonic();
    level =
      rate === Number.POSITIVE_INFINITY
        ? 0
        : Math.min(level + (rate * (nowMs - atMs)) / 1_000, rate * SAVED_SECONDS);
    atMs = nowMs;
    return level < 0 ? (-level / rate) * 1_000 : 0;
  }

  function pass(amount: number): void {
    if (perSecond() !== Number.POSITIVE_INFINITY) level -= amount;
  }

  function tryTake(amount: number): boolean {
    if (turns.waiting > 0 || owedMs() > 0) return false;
    pass(amount);
    return true;
  }

  return {
    tryTake,
    async take(amount, signal) {
      signal.throwIfAborted();
      if (tryTake(amount)) return;
      await turns.wait(signal, async () => {
        for (let ms = owedMs(); ms > 0; ms = owedMs())
          await clock.sleep(Math.min(Math.ceil(ms), LONGEST_SLEEP_MS), signal);
        pass(amount);
      });
    },
  };
}
