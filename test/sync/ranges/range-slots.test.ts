import { expect, test } from 'vitest';
import { createRangeSlots } from '../../../src/sync/ranges/range-slots.js';
import { call, rejection } from '../../drivers/conformance/fixture.js';

const { signal } = call;

test('range slots: a file that holds fewer is served before one that asked earlier, and each file in its own order', async () => {
  const slots = createRangeSlots(3);
  const [a, b] = [{}, {}];
  const held = [
    await slots.take(a, signal),
    await slots.take(a, signal),
    await slots.take(b, signal),
  ];
  expect([...held].sort()).toEqual([0, 1, 2]);
  const served: string[] = [];
  const take = async (file: object, name: string) => {
    const slot = await slots.take(file, signal);
    served.push(name);
    return slot;
  };
  const waiting = [take(a, 'a1'), take(a, 'a2'), take(b, 'b1')];
  slots.release(b, held[2]!);
  await waiting[2];
  slots.release(a, held[0]!);
  await waiting[0];
  slots.release(a, held[1]!);
  await waiting[1];
  expect(served).toEqual(['b1', 'a1', 'a2']);
});

test('range slots: a wait that is aborted takes none', async () => {
  const slots = createRangeSlots(1);
  const file = {};
  const slot = await slots.take(file, signal);
  const stop = new AbortController();
  const aborted = rejection(slots.take(file, stop.signal));
  stop.abort(new Error('no more'));
  expect(await aborted).toBe(stop.signal.reason);
  slots.release(file, slot);
  expect(await slots.take(file, signal)).toBe(slot);
});
