import { describe, expect, test } from 'vitest';
import type { PlanLine } from '../../src/plan/plan-file.js';
import { costOf, NO_REQUESTS, requestsOf, sumOf } from '../../src/plan/requests.js';
import { upload } from './fixtures.js';

const MIB = 1024 ** 2;
const model = { partsAbove: 64 * MIB, partSize: 16 * MIB, deletes: 'mirror' } as const;
const line = (fields: Partial<PlanLine>): PlanLine => ({ ...upload('a'), ...fields });

describe('the requests of an action', () => {
  test.each<readonly [string, PlanLine, readonly [number, number, number]]>([
    ['a small file', upload('a'), [1, 1, 0]],
    ['a file at the threshold', upload('a', 64 * MIB), [1, 1, 0]],
    ['a file in parts', upload('a', 64 * MIB + 1), [5 + 2, 1, 0]],
    ['a copy', line({ job: 'copy_object' }), [1, 1, 0]],
    ['a delete', line({ job: 'delete_object', action: 'delete' }), [0, 1, 1]],
    ['a record', line({ job: 'refresh_metadata', action: 'refresh', why: 'same' }), [0, 1, 0]],
    ['metadata', line({ job: 'refresh_metadata', action: 'refresh', why: 'metadata' }), [1, 1, 0]],
    ['an adoption', line({ job: 'adopt', action: 'adopt' }), [0, 2, 0]],
  ])('%s', (_what, action, [write, read, deletes]) =>
    expect(requestsOf(action, model)).toEqual({ write, read, delete: deletes }),
  );

  test('a delete into the trash is a copy as well', () => {
    const action = line({ job: 'delete_object', action: 'delete' });
    expect(requestsOf(action, { ...model, deletes: 'trash' }).write).toBe(1);
  });

  test('an object that was not listed for the plan is not looked at', () => {
    const action = line({ evidence: { ...upload('a').evidence, object: 'unknown' } });
    expect(requestsOf(action, model).read).toBe(0);
  });

  test('parts are as large as the provider wants them where no size is set', () => {
    const { write } = requestsOf(upload('a', 1024 ** 4), { ...model, partSize: null });
    expect(write).toBeLessThanOrEqual(10_002);
    expect(write).toBeGreaterThan(9_900);
  });
});

describe('the cost of requests', () => {
  const million = sumOf(
    { write: 400_000, read: 0, delete: 0 },
    { write: 600_000, read: 10 ** 6, delete: 5 },
  );

  test('is the list price of the provider', () => {
    expect(costOf(million, { profile: 'aws' })?.dollars).toBeCloseTo(5.4);
    expect(costOf(million, { profile: 'r2' })?.dollars).toBeCloseTo(4.86);
    expect(costOf(NO_REQUESTS, { profile: 'aws' })?.dollars).toBe(0);
  });

  test('is not guessed for other providers', () => {
    expect(costOf(million, {})).toBeUndefined();
    expect(costOf(million, { profile: 'toString' })).toBeUndefined();
  });
});
