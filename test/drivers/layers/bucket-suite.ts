import { expect, test } from 'vitest';
import type { Clock } from '../../../src/clock.js';
import type { Bucket } from '../../../src/drivers/layers/bucket.js';
import { NEVER_ABORTED } from '../../../src/signal.js';

export interface BucketRig {
  readonly clock: Pick<Clock, 'monotonic'>;
  open(perSecond: () => number): Bucket;
  /** Lets time pass until the promise is settled. */
  until<T>(promise: Promise<T>): Promise<T>;
}

const never = NEVER_ABORTED;

/** What every Bucket does, of one process or of several. */
export function bucketSuite(name: string, openRig: () => BucketRig | Promise<BucketRig>): void {
  test(`${name}: in no span of time passes more than the rate allows, what was saved, and one amount`, async () => {
    const { clock, open, until } = await openRig();
    const rate = 2_000;
    const bucket = open(() => rate);
    const amounts = [1, 100, 40, 7, 300, 1, 1, 1, 80, 120, 60];
    const passed: { readonly fromMs: number; readonly atMs: number; readonly amount: number }[] =
      [];
    let fromMs = clock.monotonic();
    const all = amounts.map(async (amount) => {
      await bucket.take(amount, never);
      const atMs = clock.monotonic();
      passed.push({ fromMs, atMs, amount });
      fromMs = atMs;
    });
    await until(Promise.all(all));
    expect(passed.map(({ amount }) => amount)).toEqual(amounts);
    const largest = Math.max(...amounts);
    for (const [from, first] of passed.entries()) {
      let sum = 0;
      for (const { atMs, amount } of passed.slice(from)) {
        sum += amount;
        // Counted from when the one before had passed: this one may have been granted right after that.
        const allowed = (rate * (atMs - first.fromMs)) / 1_000 + rate * 0.1 + largest;
        expect(sum).toBeLessThanOrEqual(allowed + rate * 0.1);
      }
    }
  });

  test(`${name}: an aborted caller takes nothing, and its place in the queue is kept`, async () => {
    const { open, until } = await openRig();
    const bucket = open(() => 1_000);
    await until(bucket.take(200, never));
    const order: string[] = [];
    const stop = new AbortController();
    const record = (what: string) => () => void order.push(what);
    const first = bucket.take(110, never).then(record('first'));
    const second = bucket.take(1_000_000, stop.signal).catch(record('aborted'));
    const third = bucket.take(110, never).then(record('third'));
    stop.abort(new Error('enough'));
    await second;
    await until(Promise.all([first, third]));
    expect(order).toEqual(['aborted', 'first', 'third']);
    await expect(bucket.take(1, stop.signal)).rejects.toThrow('enough');
  });

  test(`${name}: nothing passes at once before those that wait`, async () => {
    const { open, until } = await openRig();
    let rate = 1_000;
    const bucket = open(() => rate);
    await until(bucket.take(300, never));
    const waiting = bucket.take(500, never);
    rate = Number.POSITIVE_INFINITY;
    expect(bucket.tryTake(1)).toBe(false);
    await until(waiting);
    expect(bucket.tryTake(1_000_000)).toBe(true);
  });

  test(`${name}: a rate that changes counts for those that wait already as well`, async () => {
    const { clock, open, until } = await openRig();
    let rate = 1;
    const bucket = open(() => rate);
    await until(bucket.take(500, never));
    const sinceMs = clock.monotonic();
    const waiting = bucket.take(1, never);
    rate = 1_000_000;
    await until(waiting);
    expect(clock.monotonic() - sinceMs).toBeLessThan(300_000);
  });
}
