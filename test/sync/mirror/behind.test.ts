import { expect, test } from 'vitest';
import { createBehind } from '../../../src/sync/mirror/behind.js';
import { fakeClock } from '../../fakes/clock.js';

test('a mirror is behind when its lag is known and above max_lag, which is looked at once a second', async () => {
  const clock = fakeClock();
  const behind = createBehind(60_000, clock);
  let asked = 0;
  const lag = (seconds: number | null) => () => {
    asked += 1;
    return seconds;
  };
  expect(behind(lag(60))).toBeUndefined();
  expect(behind(lag(61))).toBeUndefined();
  await clock.advance(1_000);
  expect(behind(lag(61))).toContain('longer than 60 s');
  expect(behind(lag(0))).toContain('longer than 60 s');
  await clock.advance(1_000);
  expect(behind(lag(null))).toBeUndefined();
  expect(asked).toBe(3);
  expect(createBehind(0, clock)(lag(1e9))).toBeUndefined();
});
