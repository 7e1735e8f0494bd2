import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aged,
  type Recent,
  totalOf,
  withChange,
  withoutChange,
} from '../../../src/sync/guard/recent.js';
import { type Change, type GuardRule, isTooMuch, limitOf } from '../../../src/sync/guard-rule.js';

const WINDOW_MS = 3_600_000;
const RULE: GuardRule = { count: 1_000, share: 0.2, atLeast: 50, windowMs: WINDOW_MS };

const change = fc.constantFrom<Change>('delete', 'overwrite');
const SLOT_MS = WINDOW_MS / 60;
/** A history: so much time passes, then something is changed. Whole slots and windows are more likely than chance would have it. */
const gap = fc.oneof(
  fc.nat(2 * WINDOW_MS),
  fc.nat(2 * SLOT_MS),
  fc.nat(4).map((slots) => slots * SLOT_MS),
  fc.constantFrom(WINDOW_MS, WINDOW_MS - SLOT_MS),
);
const history = fc.array(fc.record({ afterMs: gap, change }), { maxLength: 200 });

interface Made {
  readonly atMs: number;
  readonly change: Change;
}

function play(steps: readonly { readonly afterMs: number; readonly change: Change }[]): {
  recent: Recent;
  made: Made[];
  nowMs: number;
} {
  let recent: Recent = [];
  let nowMs = 0;
  const made: Made[] = [];
  for (const step of steps) {
    nowMs += step.afterMs;
    recent = withChange(aged(recent, step.afterMs, WINDOW_MS), step.change, WINDOW_MS);
    made.push({ atMs: nowMs, change: step.change });
  }
  return { recent, made, nowMs };
}

const sum = (recent: Recent) => totalOf(recent).deletes + totalOf(recent).overwrites;

describe('the changes of the last window', () => {
  test('recent changes: are those of the window, and none that is more than a slot older', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { recent, made, nowMs } = play(steps);
        const within = (ms: number) => made.filter(({ atMs }) => nowMs - atMs < ms).length;
        expect(sum(recent)).toBeGreaterThanOrEqual(within(WINDOW_MS));
        expect(sum(recent)).toBeLessThanOrEqual(within(WINDOW_MS + SLOT_MS));
      }),
    );
  });

  test('recent changes: take at most 62 slots, however many and however slow they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(WINDOW_MS / 50), { minLength: 100, maxLength: 400 }),
        change,
        (gaps, what) => {
          const { recent } = play(gaps.map((afterMs) => ({ afterMs, change: what })));
          expect(recent.length).toBeLessThanOrEqual(62);
        },
      ),
    );
  });

  test('recent changes: stay the same when time runs backwards', () => {
    fc.assert(
      fc.property(history, fc.integer({ max: 0 }), (steps, backMs) => {
        const { recent } = play(steps);
        expect(aged(recent, backMs, WINDOW_MS)).toEqual(recent);
      }),
    );
  });

  test('recent changes: are as many as before when one is refunded', () => {
    fc.assert(
      fc.property(history, change, (steps, what) => {
        const { recent } = play(steps);
        const after = withoutChange(withChange(recent, what, WINDOW_MS), what);
        expect(totalOf(after)).toEqual(totalOf(recent));
        expect(withoutChange([], what)).toEqual([]);
      }),
    );
  });

  test('recent changes: have one less when an earlier one of its kind is refunded, and no empty slot', () => {
    fc.assert(
      fc.property(history, change, (steps, what) => {
        const { recent } = play(steps);
        const { deletes, overwrites } = totalOf(recent);
        const after = withoutChange(recent, what);
        const less = (total: number, of: Change) => (of === what ? Math.max(0, total - 1) : total);
        expect(totalOf(after)).toEqual({
          deletes: less(deletes, 'delete'),
          overwrites: less(overwrites, 'overwrite'),
        });
        for (const slot of after) expect(slot.deletes + slot.overwrites).toBeGreaterThan(0);
        for (const slot of after)
          expect(Math.min(slot.deletes, slot.overwrites)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('what passes unasked', () => {
  test.each([
    [0, 50],
    [100, 50],
    [300, 60],
    [1_000, 200],
    [5_000, 1_000],
    [1_000_000, 1_000],
  ])('guard rule: of %i objects, %i changes pass', (objects, limit) => {
    expect(limitOf(RULE, objects)).toBe(limit);
    expect(isTooMuch(RULE, { deletes: 0, overwrites: 0 }, objects, limit)).toBe(false);
    expect(isTooMuch(RULE, { deletes: 0, overwrites: 0 }, objects, limit + 1)).toBe(true);
  });

  test('guard rule: lets as many deletes pass in pieces as at once', () => {
    fc.assert(
      fc.property(
        fc.nat(20_000),
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 40 }),
        (objects, pieces) => {
          let left = objects;
          let deletes = 0;
          for (const piece of pieces.filter((size) => size <= objects)) {
            if (isTooMuch(RULE, { deletes, overwrites: 0 }, left, piece)) continue;
            deletes += piece;
            left -= piece;
          }
          const limit = limitOf(RULE, objects);
          expect(deletes).toBeLessThanOrEqual(limit);
          expect(isTooMuch(RULE, { deletes, overwrites: 0 }, left, limit - deletes)).toBe(false);
        },
      ),
    );
  });

  test('guard rule: counts overwrites as well as deletes', () => {
    expect(isTooMuch(RULE, { deletes: 30, overwrites: 20 }, 100, 1)).toBe(true);
  });
});
