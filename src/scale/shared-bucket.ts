import type { Clock } from '../clock.js';
import {
  type Bucket,
  LONGEST_SLEEP_MS,
  openBucket,
  SAVED_SECONDS,
} from '../drivers/layers/bucket.js';
import { openTurns } from '../drivers/layers/turns.js';
import { orAborted } from '../signal.js';
import type { LimitAnswer } from './limit-script.js';

export interface SharedBucketOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** As for `openBucket`, of all processes together; each passes its own value, which is the same in one configuration. */
  readonly perSecond: () => number;
  /** Draws this amount from what all processes share. Undefined: Redis is away, or silent for too long. */
  draw(perSecond: number, amount: number): Promise<LimitAnswer | undefined>;
  /** Whether Redis answered last time. */
  isShared(): boolean;
  /** How many processes shared the limit when Redis answered last; at least 1. */
  members(): number;
}

/** What was drawn and not used for so long is lost. */
const STALE_MS = 1_000;

/**
 * A bucket that all processes fill their own from, a tenth of a second's worth at a time and with one request under way. While
 * Redis is away it is a bucket of this process alone, of the rate divided by the processes that shared it last: together they
 * keep the limit without a word.
 */
export function openSharedBucket(options: SharedBucketOptions): Bucket {
  const { clock, perSecond, members } = options;
  const alone = openBucket(clock, () => perSecond() / members());
  const turns = openTurns();
  let credit = 0;
  let drawnAtMs = clock.monotonic();
  let drawing: Promise<LimitAnswer | undefined> | undefined;

  function tryTake(amount: number): boolean {
    if (turns.waiting > 0) return false;
    if (perSecond() === Number.POSITIVE_INFINITY) return true;
    return tryCredit(amount) || (!options.isShared() && alone.tryTake(amount));
  }

  function tryCredit(amount: number): boolean {
    if (clock.monotonic() - drawnAtMs > STALE_MS) credit = 0;
    if (credit < amount) return false;
    credit -= amount;
    return true;
  }

  /** A draw goes on when its caller is aborted: the next caller has what it brings. */
  function drawFor(amount: number): Promise<LimitAnswer | undefined> {
    const rate = perSecond();
    const wanted = Math.max(amount - credit, rate * SAVED_SECONDS);
    drawing ??= options
      .draw(rate, wanted)
      .then((answer) => {
        if (answer?.drawn) {
          credit += wanted;
          drawnAtMs = clock.monotonic();
        }
        return answer;
      })
      .finally(() => {
        drawing = undefined;
      });
    return drawing;
  }

  async function takeInTurn(amount: number, signal: AbortSignal): Promise<void> {
    while (perSecond() !== Number.POSITIVE_INFINITY && !tryCredit(amount)) {
      if (!options.isShared()) return alone.take(amount, signal);
      const answer = await orAborted(drawFor(amount), signal);
      if (answer?.drawn === false)
        await clock.sleep(Math.min(Math.max(answer.waitMs, 1), LONGEST_SLEEP_MS), signal);
    }
  }

  return {
    tryTake,
    async take(amount, signal) {
      signal.throwIfAborted();
      if (!tryTake(amount)) await turns.wait(signal, () => takeInTurn(amount, signal));
    },
  };
}
