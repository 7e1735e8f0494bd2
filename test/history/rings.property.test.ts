import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysBetween } from '../../src/calendar-day.js';
import { EMPTY_CALLS } from '../../src/history/calls-ring.js';
import { type DayRecord, shownDays, withSample } from '../../src/history/day-ring.js';
import { historyText, parseHistory } from '../../src/history/history-file.js';
import { EMPTY_LAGS, lastDay, STEPS, withLag } from '../../src/history/lag-ring.js';
import { EMPTY_THROUGHPUT, lastHour, withBytes } from '../../src/history/throughput-ring.js';

const START = Date.UTC(2026, 9, 13, 12, 0, 0);
const STEP_MS = 600_000;

describe('the ring of lags', () => {
  it('has the maximum of each ten minutes, and null where longshore did not run', () => {
    let ring = withLag(EMPTY_LAGS, START, 4);
    ring = withLag(ring, START + 10_000, 60);
    ring = withLag(ring, START + 20_000, 2);
    ring = withLag(ring, START + 3 * STEP_MS, 7);
    const { max, fromMs, stepSeconds } = lastDay(ring, START + 3 * STEP_MS + 1);
    expect(max.slice(-5)).toEqual([null, 60, null, null, 7]);
    expect(fromMs + (max.length - 1) * stepSeconds * 1_000).toBe(START + 3 * STEP_MS);
  });

  it('keeps an unknown lag as a gap, and never guesses', () => {
    const ring = withLag(withLag(EMPTY_LAGS, START, 4), START + STEP_MS, null);
    expect(lastDay(ring, START + STEP_MS).max.slice(-2)).toEqual([4, null]);
  });

  it('never has more than a day, and never goes back in time, whatever the clock does', () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(1e6)));
    fc.assert(
      fc.property(moves, (steps) => {
        let ring = EMPTY_LAGS;
        let now = START;
        let last = 0;
        for (const [ms, lag] of steps) {
          now += ms;
          ring = withLag(ring, now, lag);
          expect(ring.lastStep).toBeGreaterThanOrEqual(last);
          last = ring.lastStep;
          expect(ring.max.length).toBeLessThanOrEqual(STEPS);
        }
        expect(lastDay(ring, now).max).toHaveLength(STEPS);
      }),
    );
  });
});

describe('the ring of throughput', () => {
  it('divides a whole minute by sixty, and the one under way by what has passed of it', () => {
    let ring = withBytes(EMPTY_THROUGHPUT, START, 6_000, 0);
    ring = withBytes(ring, START + 60_000, 300, 2);
    const { bytesPerSecond, throttled } = lastHour(ring, START + 63_000);
    expect(bytesPerSecond.slice(-3)).toEqual([null, 100, 100]);
    expect(throttled.slice(-2)).toEqual([0, 2]);
  });

  it('has a null for each minute in which longshore did not run, and 0 where nothing moved', () => {
    let ring = withBytes(EMPTY_THROUGHPUT, START, 0, 0);
    ring = withBytes(ring, START + 180_000, 60, 0);
    expect(lastHour(ring, START + 239_999).bytesPerSecond.slice(-4)).toEqual([0, null, null, 1]);
  });
});

describe('the days', () => {
  const sample = { condition: 'within', lagSeconds: 3, isWithin: true, seconds: 10 } as const;

  it('have the worst that was, the share within the target, and the worst lag', () => {
    let days = withSample([], { ...sample, day: '2026-10-12' });
    days = withSample(days, {
      day: '2026-10-12',
      condition: 'behind',
      lagSeconds: 1_000,
      isWithin: false,
      seconds: 30,
    });
    days = withSample(days, { ...sample, day: '2026-10-12' });
    expect(shownDays(days, '2026-10-12')).toEqual([
      { day: '2026-10-12', worst: 'behind', withinTarget: 0.4, worstLagSeconds: 1_000 },
    ]);
  });

  it('are stopped where longshore did not run, but not today', () => {
    let days = withSample([], { ...sample, day: '2026-10-10' });
    days = withSample(days, { ...sample, day: '2026-10-13' });
    expect(shownDays(days, '2026-10-14').map(({ worst }) => worst)).toEqual([
      'within',
      'stopped',
      'stopped',
      'within',
    ]);
  });

  it('are ninety at most', () => {
    let days: readonly DayRecord[] = [];
    for (const day of daysBetween('2026-01-01', '2026-12-31', 364))
      days = withSample(days, { ...sample, day });
    expect(days).toHaveLength(90);
    expect(shownDays(days, '2029-01-01')).toHaveLength(90);
  });
});

describe('the file of the history', () => {
  const amounts = fc.array(fc.option(fc.nat(2 ** 31)), { maxLength: 60 });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(amounts, fc.string(), (series, name) => {
        const recorded = {
          mirrors: new Map([
            [
              name,
              {
                lags: { lastStep: 5, max: series },
                days: withSample([], {
                  day: '2026-10-12',
                  condition: 'held',
                  lagSeconds: 5,
                  isWithin: true,
                  seconds: 10,
                }),
              },
            ],
          ]),
          targets: new Map([
            [
              name,
              {
                throughput: {
                  lastMinute: 7,
                  bytes: series,
                  throttled: series.map((one) => one ?? 0),
                },
                calls: EMPTY_CALLS,
              },
            ],
          ]),
        };
        expect(parseHistory(historyText(recorded), '/f')).toEqual(recorded);
      }),
    );
  });

  it('is damaged, and never trusted, when a byte of it is another one', () => {
    const text = historyText({
      mirrors: new Map([['a', { lags: { lastStep: 5, max: [1, 2] }, days: [] }]]),
      targets: new Map(),
    });
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, by) => {
        fc.pre(text[at] !== by && at < text.length - 1);
        const changed = text.slice(0, at) + by + text.slice(at + 1);
        expect(() => parseHistory(changed, '/f')).toThrow(/^\/f: /);
      }),
    );
  });
});
