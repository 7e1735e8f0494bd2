import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openLastMinute } from '../../src/status/last-minute.js';

test('last minute: sums what was added in this second and the 59 before it', () => {
  const step = fc.record({
    pauseMs: fc.integer({ min: 0, max: 70_000 }),
    amount: fc.integer({ min: 0, max: 1_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.array(step), (startMs, steps) => {
      let nowMs = startMs;
      const minute = openLastMinute(['bytes', 'calls'], { monotonic: () => nowMs });
      const added: { readonly second: number; readonly amount: number }[] = [];
      for (const { pauseMs, amount } of steps) {
        nowMs += pauseMs;
        minute.add('bytes', amount);
        added.push({ second: Math.floor(nowMs / 1_000), amount });
        const oldest = Math.floor(nowMs / 1_000) - 59;
        const expected = added
          .filter(({ second }) => second >= oldest)
          .reduce((sum, each) => sum + each.amount, 0);
        expect(minute.sums()).toEqual({ bytes: expected, calls: 0 });
      }
      nowMs += 60_000;
      expect(minute.sums()).toEqual({ bytes: 0, calls: 0 });
    }),
  );
});
