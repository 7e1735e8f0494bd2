import { expect, test } from 'vitest';
import { openGate } from '../../src/drivers/gate.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { fakeClock } from '../fakes/clock.js';

test('gate: gives a slot at once while one is free, and none while all are taken', () => {
  const gate = openGate(fakeClock(), 2);
  const first = gate.tryEnter();
  expect(gate.tryEnter()).toBeDefined();
  expect(gate.tryEnter()).toBeUndefined();
  first?.();
  expect(gate.tryEnter()).toBeDefined();
  gate.allow(1);
  expect(gate.tryEnter()).toBeUndefined();
});

test('gate: gives no slot at once before those that wait, whose turn comes first', async () => {
  const clock = fakeClock();
  const gate = openGate(clock, 1);
  const release = gate.tryEnter();
  let entered: (() => void) | undefined;
  const waiting = gate.enter(NEVER_ABORTED).then((leave) => {
    entered = leave;
  });
  release?.();
  expect(gate.tryEnter()).toBeUndefined();
  await waiting;
  entered?.();
  expect(gate.tryEnter()).toBeDefined();
});

test('gate: gives no slot at once during a pause', async () => {
  const clock = fakeClock();
  const gate = openGate(clock, 2);
  gate.pauseFor(1000);
  expect(gate.tryEnter()).toBeUndefined();
  await clock.advance(999);
  expect(gate.tryEnter()).toBeUndefined();
  await clock.advance(1);
  expect(gate.tryEnter()).toBeDefined();
});
