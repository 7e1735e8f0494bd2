import { describe, expect, test } from 'vitest';
import { inTurn, nameOf, patternOf, pointOf, pointsOf } from './points.js';

const LOG = `state\twrite\tmirrors/documents/index.mdb
state\twrite\tmirrors/documents/index.mdb
source\tread\td/one
target\trename\t.longshore/incoming/3d12_pid40_cc01/2
`;

describe('points of a system test', () => {
  test('a log of calls: each call is a point for each fault that it can meet', () => {
    const names = pointsOf('first', LOG).map(nameOf);
    expect(names).toContain('first/state/write/mirrors/documents/index.mdb#2/short');
    expect(names).toContain('first/source/read/d/one#1/EIO');
    expect(names).toContain('first/target/rename/.longshore/incoming/*#1/kill-after');
    expect(names).not.toContain('first/source/read/d/one#1/kill-after');
    expect(new Set(names).size).toBe(2 * 5 + 2 + 4);
  });

  test('a name of a point: leads back to the point', () => {
    for (const point of pointsOf('daemon', LOG)) expect(pointOf(nameOf(point))).toEqual(point);
    for (const name of [
      '',
      'first/state/write/x/EIO',
      'first/else/write/x#1/EIO',
      'first/state/read/x#1/kill-after',
      'first/state/fly/x#1/EIO',
    ])
      expect(pointOf(name)).toBeUndefined();
  });

  test.each([
    ['lock.2ca3609c2471.tmp', 'lock.*'],
    ['lock.3', 'lock.*'],
    ['lock.2ca3609c2471.tmp (deleted)', 'lock.*'],
    ['mirrors/documents/ledger.json.7bea2b545b37.tmp', 'mirrors/documents/ledger.json.*.tmp'],
    ['.longshore/incoming/3d1219c7_pid1_2_cc/4', '.longshore/incoming/*'],
    [
      '.longshore/objects.mdb.room-0f4c2b1a-1b2c-4d3e-8f9a-0123456789ab',
      '.longshore/objects.mdb.room-*',
    ],
    [
      'documents/.longshore/trash/2026-11-22T17-38-05.123Z-4f2a1c/gone',
      'documents/.longshore/trash/*/gone',
    ],
    ['documents/d/one', 'documents/d/one'],
  ])('a path with random parts: %s becomes the pattern %s', (path, pattern) =>
    expect(patternOf(path)).toBe(pattern),
  );

  test('points in turn: every kind comes once before any comes twice, and a seed gives one order', () => {
    const points = pointsOf('first', LOG);
    const kinds = new Set(
      points.map(({ pathClass, call, fault }) => `${pathClass} ${call} ${fault}`),
    );
    const order = inTurn(points, 7);
    expect(
      new Set(
        order
          .slice(0, kinds.size)
          .map(({ pathClass, call, fault }) => `${pathClass} ${call} ${fault}`),
      ),
    ).toEqual(kinds);
    expect(order.map(nameOf).sort()).toEqual(points.map(nameOf).sort());
    expect(inTurn(points.toReversed(), 7)).toEqual(order);
    expect(inTurn(points, 8)).not.toEqual(order);
  });
});
