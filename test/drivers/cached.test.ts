import { expect, test } from 'vitest';
import { cached } from '../../src/drivers/cached.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { fakeClock } from '../fakes/clock.js';

const MINUTE = 60_000;
const call = { signal: NEVER_ABORTED };

/** A service that gives 1, 2, 3, …, each good for so long from when it was given. */
function openService(goodForMs: number) {
  const clock = fakeClock();
  let given = 0;
  let down = false;
  const kept = cached(async () => {
    if (down) throw new Error('down');
    given += 1;
    const endsAt = clock.monotonic() + goodForMs;
    return { value: { number: given }, leftMs: () => endsAt - clock.monotonic() };
  });
  return {
    clock,
    kept,
    number: async () => (await kept.get(call)).number,
    setDown(is: boolean) {
      down = is;
    },
  };
}

test.each([
  ['an hour', 60 * MINUTE, 55 * MINUTE],
  ['four minutes', 4 * MINUTE, 2 * MINUTE],
])(
  'cached value: is obtained once while it is good for %s, and again before it ends',
  async (_, goodForMs, renewedAfterMs) => {
    const { clock, number } = openService(goodForMs);
    expect(await Promise.all([number(), number()])).toEqual([1, 1]);
    await clock.advance(renewedAfterMs - 1);
    expect(await number()).toBe(1);
    await clock.advance(1);
    expect(await Promise.all([number(), number()])).toEqual([2, 2]);
  },
);

test('what never ends is never asked for again', async () => {
  const { clock, number } = openService(Number.POSITIVE_INFINITY);
  expect(await number()).toBe(1);
  await clock.advance(1e12);
  expect(await number()).toBe(1);
});

test('the old one serves on while there is no other, to its end and no longer', async () => {
  const { clock, number, setDown } = openService(60 * MINUTE);
  expect(await number()).toBe(1);
  setDown(true);
  await clock.advance(60 * MINUTE - 1);
  expect(await number()).toBe(1);
  await clock.advance(1);
  await expect(number()).rejects.toThrow('down');
  setDown(false);
  expect(await number()).toBe(2);
});

test('one that was refused is given no more, also while there is no other; the one after it is no older refusal’s matter', async () => {
  const { kept, number, setDown } = openService(60 * MINUTE);
  const first = await kept.get(call);
  kept.refused(first);
  setDown(true);
  await expect(number()).rejects.toThrow('down');
  setDown(false);
  expect(await number()).toBe(2);
  kept.refused(first);
  expect(await number()).toBe(2);
});
