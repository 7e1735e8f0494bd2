import type { Clock } from '../../clock.js';
import { orAborted } from '../../signal.js';

/** Lets only so much through a second, in the order in which it was asked for. */
export interface Bucket {
  /** Resolves when `amount` may pass. Rejects with the signal's reason when it is aborted first; nothing has passed then. */
  take(amount: number, signal: AbortSignal): Promise<void>;
}

/** What nobody used is saved up for so long: timers are late, and what is late is not lost. */
const SAVED_SECONDS = 0.1;
/** Who waits looks again at least this often: the rate may be another one by then. */
const LONGEST_SLEEP_MS = 1_000;

/**
 * A token bucket that may be overdrawn: whoever is next passes as soon as nothing is owed, however much it takes, and the
 * one after it waits for that. So in any span of time no more passes than the rate allows, what was saved, and one amount.
 * `perSecond` is asked anew each time; Infinity lets everything through.
 */
export function openBucket(
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  perSecond: () => number,
): Bucket {
  let level = 0;
  let atMs = clock.monotonic();
  let last: Promise<void> = Promise.resolve();

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

  return {
    async take(amount, signal) {
      signal.throwIfAborted();
      const before = last;
      let release = () => {};
      const after = new Promise<void>((resolve) => {
        release = resolve;
      });
      last = after;
      try {
        await orAborted(before, signal);
        for (let ms = owedMs(); ms > 0; ms = owedMs())
          await clock.sleep(Math.min(Math.ceil(ms), LONGEST_SLEEP_MS), signal);
        if (perSecond() !== Number.POSITIVE_INFINITY) level -= amount;
      } finally {
        void before.then(release); // who gives up does not let the next one overtake those before it
      }
    },
  };
}
