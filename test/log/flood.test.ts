import { expect, test } from 'vitest';
import {
  createFlood,
  FLOOD_WINDOW_MS,
  MOST_KINDS,
  type SkippedLines,
} from '../../src/log/flood.js';
import { fakeClock } from '../fakes/clock.js';

function open(most: number) {
  const clock = fakeClock();
  const reports: SkippedLines[] = [];
  const flood = createFlood({ most, clock, report: (skipped) => reports.push(skipped) });
  return { clock, reports, flood };
}

const counts = (reports: readonly SkippedLines[]) => reports.map(({ count }) => count);

test('flood: lines of one text above the limit are counted, and reported at the end of the minute', async () => {
  const { clock, reports, flood } = open(3);
  const passed = Array.from({ length: 10 }, (_, i) =>
    flood.passes('warn', 'object skipped', { mirror: 'documents', path: `file ${i}` }),
  );
  expect(passed.filter(Boolean).length).toBe(3);
  expect(reports).toEqual([]);
  await clock.advance(FLOOD_WINDOW_MS);
  expect(reports).toEqual([
    { level: 'warn', event: 'object skipped', mirror: 'documents', target: undefined, count: 7 },
  ]);
  // The next minute begins with its next line.
  expect(flood.passes('warn', 'object skipped', { mirror: 'documents' })).toBe(true);
});

test('flood: another level, text, mirror or target is counted by itself', () => {
  const { flood } = open(1);
  const kinds = [
    ['warn', 'a', { mirror: 'm' }],
    ['error', 'a', { mirror: 'm' }],
    ['warn', 'b', { mirror: 'm' }],
    ['warn', 'a', { mirror: 'n' }],
    ['warn', 'a', { target: 'm' }],
    ['warn', 'a', {}],
  ] as const;
  expect(kinds.map(([level, event, fields]) => flood.passes(level, event, fields))).toEqual(
    kinds.map(() => true),
  );
  expect(kinds.map(([level, event, fields]) => flood.passes(level, event, fields))).toEqual(
    kinds.map(() => false),
  );
});

test('flood: lines of level debug all pass', () => {
  const { flood } = open(1);
  for (let i = 0; i < 10; i++) expect(flood.passes('debug', 'done', {})).toBe(true);
});

test('flood: a line after the window ends it, also when its timer is late', () => {
  let now = 0;
  const counted: number[] = [];
  const flood = createFlood({
    most: 1,
    clock: { monotonic: () => now, after: () => () => {} },
    report: ({ count }) => counted.push(count),
  });
  flood.passes('info', 'a', {});
  flood.passes('info', 'a', {});
  now = FLOOD_WINDOW_MS;
  expect(flood.passes('info', 'a', {})).toBe(true);
  expect(counted).toEqual([1]);
});

test('P7: flood: the kinds that are counted are bounded, and no count is lost for it', () => {
  const { reports, flood } = open(1);
  for (let kind = 0; kind < 3 * MOST_KINDS; kind++) {
    for (let i = 0; i < 3; i++) flood.passes('error', `text ${kind}`, {});
  }
  expect(reports.length).toBe(2 * MOST_KINDS);
  flood.close();
  expect(counts(reports)).toEqual(Array.from({ length: 3 * MOST_KINDS }, () => 2));
});

test('flood: the end of the log reports what is counted, once', async () => {
  const { clock, reports, flood } = open(1);
  for (let i = 0; i < 3; i++) flood.passes('error', 'a', {});
  flood.close();
  await clock.advance(2 * FLOOD_WINDOW_MS);
  expect(counts(reports)).toEqual([2]);
});
