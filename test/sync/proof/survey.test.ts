import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { countProof, type SurveyOptions, surveyProofs } from '../../../src/sync/proof/survey.js';
import { record } from '../../state/fixtures.js';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const pace = { withinMs: 30 * DAY, bytesPerSecond: Number.POSITIVE_INFINITY };

function survey(
  records: Readonly<Record<string, ObjectRecord>>,
  options: Partial<SurveyOptions> = {},
) {
  const names = Object.keys(records).sort();
  return surveyProofs({
    index: {
      *entries({ after = '' } = {}) {
        for (const name of names) if (name > after) yield [name, records[name] as ObjectRecord];
      },
    },
    nowMs: NOW,
    pace,
    most: 10,
    bytesBefore: 0,
    postponed: () => false,
    signal: new AbortController().signal,
    ...options,
  });
}
const daysAgo = (days: number, size = 10) => record({ size, provenAtMs: NOW - days * DAY });

test('survey: finds what is due, oldest first, and counts what was proven in time', async () => {
  const found = await survey({
    fresh: daysAgo(1),
    soon: daysAgo(28),
    late: daysAgo(31),
    never: record({ size: 10 }),
  });
  expect(found.due.map(({ name }) => name)).toEqual(['never', 'late', 'soon']);
  expect(found).toMatchObject({
    objects: 4,
    bytes: 40,
    verified: { objects: 2, bytes: 20 },
    never: 1,
    oldestMs: NOW - 31 * DAY,
    nextDueMs: undefined,
  });
});

test('survey: says when the next object is due when none is', async () => {
  const found = await survey({ a: daysAgo(1), b: daysAgo(3) });
  expect(found.due).toEqual([]);
  expect(found.nextDueMs).toBe(NOW - 3 * DAY + 27 * DAY);
});

test('survey: an upload that was not confirmed, and what is postponed, are not due', async () => {
  const records = { sending: record({ state: 'sending' }), a: record(), b: record() };
  const found = await survey(records, { postponed: (name) => name === 'a' });
  expect([found.objects, found.due.map(({ name }) => name)]).toEqual([2, ['b']]);
});

test('survey: goes through more records than one slice, and keeps no more than it was asked for', async () => {
  const records = Object.fromEntries(
    Array.from({ length: 2_500 }, (_, at) => [`f${String(at).padStart(4, '0')}`, daysAgo(40)]),
  );
  const found = await survey(records, { most: 3 });
  expect(found.objects).toBe(2_500);
  expect(found.due.map(({ name }) => name)).toEqual(['f0000', 'f0001', 'f0002']);
});

test('survey: counts an object that is proven afterwards as another survey would', async () => {
  const records = { late: daysAgo(31), never: record({ size: 7 }), fresh: daysAgo(2) };
  const before = await survey(records);
  let counts = before;
  for (const each of before.due) counts = countProof(counts, each, NOW, pace);
  const { verified, never } = await survey({
    late: daysAgo(0),
    never: daysAgo(0, 7),
    fresh: daysAgo(2),
  });
  expect(counts).toMatchObject({ verified, never });
  const first = await survey({ a: record() });
  expect(
    countProof(first, { name: 'a', size: 11, provenAtMs: undefined }, NOW, pace),
  ).toMatchObject({
    oldestMs: NOW,
    never: 0,
  });
});
