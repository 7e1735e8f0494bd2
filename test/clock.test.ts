import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';

test('a sleep that is aborted rejects with the reason it was given', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const sleeping = systemClock.sleep(60_000, stop.signal);
  stop.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test('a sleep of no time, or of longer than a timer can hold, is neither an error nor endless', async () => {
  await systemClock.sleep(-5);
  const stop = new AbortController();
  const sleeping = systemClock.sleep(2 ** 40, stop.signal);
  const first = await Promise.race([
    sleeping.then(() => 'slept'),
    systemClock.sleep(20).then(() => 'still asleep'),
  ]);
  stop.abort(new Error('enough'));
  expect(first).toBe('still asleep');
  await expect(sleeping).rejects.toThrow('enough');
});
