import { expect, test } from 'vitest';
import { createTransferMeter } from '../../../src/sync/mirror/transfer-meter.js';

const MIB = 1_048_576;

function rig(size: number, partSize: number) {
  let nowMs = 5_000;
  const meter = createTransferMeter(size, partSize, { monotonic: () => nowMs });
  return {
    ...meter,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test('transfer meter: says how much and how many parts the provider has', () => {
  const { add, figures } = rig(20 * MIB, 8 * MIB);
  expect(figures()).toEqual({ sent: 0, parts: [0, 3], bytesPerSecond: null });
  add(8 * MIB, false);
  add(4 * MIB, false);
  expect(figures()).toMatchObject({ sent: 12 * MIB, parts: [2, 3] });
});

test('transfer meter: parts of an earlier attempt are there, and are no rate', () => {
  const { add, figures, pass } = rig(20 * MIB, 8 * MIB);
  add(8 * MIB, true);
  expect(figures()).toEqual({ sent: 8 * MIB, parts: [1, 3], bytesPerSecond: null });
  pass(2_000);
  add(8 * MIB, false);
  expect(figures()).toMatchObject({ sent: 16 * MIB, bytesPerSecond: 4 * MIB });
});

test('transfer meter: the rate is that of the last ten seconds', () => {
  const { add, figures, pass } = rig(1_000 * MIB, MIB);
  for (let at = 0; at < 60; at += 1) {
    pass(1_000);
    add(MIB, false);
  }
  for (let at = 0; at < 40; at += 1) {
    pass(500);
    add(2 * MIB, false);
  }
  expect(figures().bytesPerSecond).toBe(4 * MIB);
});

test('transfer meter: of parts that take long, the last ones are the rate', () => {
  const { add, figures, pass } = rig(1_000 * MIB, 10 * MIB);
  for (let at = 0; at < 6; at += 1) {
    pass(20_000);
    add(10 * MIB, false);
  }
  expect(figures().bytesPerSecond).toBe(MIB / 2);
  pass(40_000);
  expect(figures().bytesPerSecond).toBeLessThan(MIB / 2);
});
