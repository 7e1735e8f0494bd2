import { expect, test } from 'vitest';
import { cached } from '../../src/drivers/cached.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { fakeClock } from '../fakes/clock.js';

const MINUTE = 60_000;
const call = { signal: NEVER_ABORTED };

test('cached value: is obtained again after half of its time when that is shorter than ten minutes', async () => {
  const clock = fakeClock();
  let given = 0;
  const kept = cached(async () => {
    given += 1;
    const endsAt = clock.monotonic() + 4 * MINUTE;
    return { value: given, leftMs: () => endsAt - clock.monotonic() };
  });
  expect(await Promise.all([kept.get(call), kept.get(call)])).toEqual([1, 1]);
  await clock.advance(2 * MINUTE - 1);
  expect(await kept.get(call)).toBe(1);
  await clock.advance(1);
  expect(await Promise.all([kept.get(call), kept.get(call)])).toEqual([2, 2]);
});
