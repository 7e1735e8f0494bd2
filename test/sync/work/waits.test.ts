import { expect, test } from 'vitest';
import { createWaits, type WaitEnd } from '../../../src/sync/work/waits.js';
import { fakeClock } from '../../fakes/clock.js';
import { leftAfter } from '../../garbage.js';

function rig() {
  const clock = fakeClock();
  const stop = new AbortController();
  const ends: string[] = [];
  const waits = createWaits(clock, stop.signal);
  const add = (name: string, ms: number) =>
    waits.add(name, ms, (end: WaitEnd) => {
      ends.push(`${name} ${end}`);
      return undefined;
    });
  return { clock, stop, ends, waits, add };
}

test('waits: each wait reports its end once', async () => {
  const { clock, stop, ends, waits, add } = rig();
  add('due', 10);
  add('cancelled', 10);
  add('again', 10);
  waits.cancel('cancelled');
  add('again', 20);
  await clock.advance(15);
  expect(ends.toSorted()).toEqual(['again superseded', 'cancelled superseded', 'due due']);
  expect([waits.has('due'), waits.has('cancelled'), waits.has('again')]).toEqual([
    false,
    false,
    true,
  ]);
  stop.abort(new Error('enough'));
  await clock.advance(0);
  expect(ends).toHaveLength(4);
  expect(ends.at(-1)).toBe('again aborted');
});

test('P7: waits: no more than 10,000 names wait', async () => {
  const { stop, add, clock, ends } = rig();
  const added = Array.from({ length: 10_001 }, (_, at) => add(`f${at}`, 1));
  expect(added.indexOf(false)).toBe(10_000);
  expect(add('f0', 1)).toBe(true);
  stop.abort(new Error('enough'));
  await clock.advance(0);
  expect(ends).toHaveLength(10_001);
});

test('P7: waits: a wait that is over is garbage while its signal lives on', async () => {
  const { clock, waits } = rig();
  expect(
    await leftAfter(100, async (keep) => {
      waits.add(
        'a',
        1,
        keep(async () => {}),
      );
      await clock.advance(1);
    }),
  ).toBeLessThan(3);
});
