import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBucket } from '../../../src/drivers/layers/bucket.js';
import { NEVER_ABORTED } from '../../../src/signal.js';
import { fakeClock } from '../../fakes/clock.js';

const never = NEVER_ABORTED;

test('in no span of time passes more than the rate allows, what was saved, and one amount; and nothing less than that', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1000 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 3000 })), {
        minLength: 1,
        maxLength: 20,
      }),
      async (rate, asked) => {
        const clock = fakeClock();
        const bucket = openBucket(clock, () => rate);
        const passed: { atMs: number; amount: number }[] = [];
        const all: Promise<unknown>[] = [];
        let askedAtMs = 0;
        for (const [amount, pauseMs] of asked) {
          await clock.advance(pauseMs);
          askedAtMs = clock.monotonic();
          all.push(
            bucket.take(amount, never).then(() => passed.push({ atMs: clock.monotonic(), amount })),
          );
        }
        const total = asked.reduce((sum, [amount]) => sum + amount, 0);
        await clock.advance((total / rate) * 1000 + 1000);
        await Promise.all(all);

        expect(passed.map(({ amount }) => amount)).toEqual(asked.map(([amount]) => amount)); // in their order
        const largest = Math.max(...asked.map(([amount]) => amount));
        for (const [from, { atMs }] of passed.entries()) {
          for (const [to, { atMs: untilMs }] of passed.entries()) {
            if (to < from) continue;
            const sum = passed.slice(from, to + 1).reduce((so, { amount }) => so + amount, 0);
            expect(sum).toBeLessThanOrEqual(
              (rate * (untilMs - atMs)) / 1000 + rate * 0.1 + largest + 1e-6,
            );
          }
        }
        // No caller waits for more than what came before, but for a timer's rounding.
        expect(passed.at(-1)!.atMs - askedAtMs).toBeLessThanOrEqual(
          (total / rate) * 1000 + passed.length + 1,
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('a rate that changes counts from then on, for who waits already as well', async () => {
  const clock = fakeClock();
  let rate = 1;
  const bucket = openBucket(clock, () => rate);
  await bucket.take(3600, never);
  let passed = false;
  const waiting = bucket.take(1, never).then(() => {
    passed = true;
  });
  await clock.advance(60_000);
  expect(passed).toBe(false);
  rate = 3540;
  await clock.advance(2_000);
  expect(passed).toBe(true);
  rate = Number.POSITIVE_INFINITY;
  for (let times = 0; times < 100; times += 1) await bucket.take(1e9, never);
  rate = 10;
  await bucket.take(1, never); // nothing is owed of what passed while there was no limit
  await waiting;
});

test('token bucket: an aborted caller takes nothing, and its place in the queue is kept', async () => {
  const clock = fakeClock();
  const bucket = openBucket(clock, () => 1);
  await bucket.take(10, never);
  const order: string[] = [];
  const stop = new AbortController();
  const record = (name: string) => () => void order.push(name);
  const first = bucket.take(1, never).then(record('first'));
  const second = bucket.take(1_000_000, stop.signal).catch(record('gave up'));
  const third = bucket.take(1, never).then(record('third'));
  stop.abort(new Error('enough'));
  await clock.advance(0);
  expect(order).toEqual(['gave up']);
  await clock.advance(11_000);
  await Promise.all([first, second, third]);
  expect(order).toEqual(['gave up', 'first', 'third']);
  await expect(bucket.take(1, stop.signal)).rejects.toThrow('enough');
});

test('token bucket: lets an amount pass at once only if nothing is owed', async () => {
  const clock = fakeClock();
  const bucket = openBucket(clock, () => 10);
  expect(bucket.tryTake(20)).toBe(true);
  expect(bucket.tryTake(1)).toBe(false);
  await clock.advance(1_000);
  expect(bucket.tryTake(1)).toBe(false);
  await clock.advance(1_000);
  expect(bucket.tryTake(1)).toBe(true);
});

test('token bucket: nothing passes at once before those that wait', async () => {
  const clock = fakeClock();
  let rate = 10;
  const bucket = openBucket(clock, () => rate);
  await bucket.take(20, never);
  const stop = new AbortController();
  const aborted = bucket.take(5, stop.signal).catch((error: Error) => error.message);
  const waiting = bucket.take(5, never);
  await clock.advance(0);
  rate = Number.POSITIVE_INFINITY; // nothing is owed from here on
  expect(bucket.tryTake(1)).toBe(false);
  stop.abort(new Error('enough'));
  expect(await aborted).toBe('enough');
  expect(bucket.tryTake(1)).toBe(false);
  await waiting;
  expect(bucket.tryTake(1)).toBe(true);
});
