import { expect, test } from 'vitest';
import { createStallWatch } from '../../src/notify/stall.js';

function watchAt(limitMs: number) {
  let now = 1_000;
  const isMoving = createStallWatch({ monotonic: () => now }, limitMs);
  return {
    isMoving,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('due work that stands still is a stall after the limit, and not before', () => {
  const { isMoving, pass } = watchAt(100);
  expect(isMoving({ due: true, steps: 5 })).toBe(true);
  pass(99);
  expect(isMoving({ due: true, steps: 5 })).toBe(true);
  pass(1);
  expect(isMoving({ due: true, steps: 5 })).toBe(false);
});

test('stall detector: any step restarts the time, also one after a stall', () => {
  const { isMoving, pass } = watchAt(100);
  isMoving({ due: true, steps: 5 });
  pass(1_000);
  expect(isMoving({ due: true, steps: 6 })).toBe(true);
  pass(99);
  expect(isMoving({ due: true, steps: 6 })).toBe(true);
});

test('a daemon with nothing to do is never stalled, and has its whole time when work comes', () => {
  const { isMoving, pass } = watchAt(100);
  isMoving({ due: false, steps: 5 });
  pass(1_000_000);
  expect(isMoving({ due: false, steps: 5 })).toBe(true);
  pass(99);
  expect(isMoving({ due: true, steps: 5 })).toBe(true);
  pass(1);
  expect(isMoving({ due: true, steps: 5 })).toBe(false);
});
