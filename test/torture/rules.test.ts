import { describe, expect, test } from 'vitest';
import { observeMap } from './history.js';
import { made } from './history-made.js';
import { flatteries, outOfOrder } from './rules.js';

describe('rule: only states that the file had, in their order', () => {
  const SOURCE = made({
    a: [
      [1, 'v1'],
      [2, 'v2'],
      [3, '-'],
      [4, 'v3'],
      [5, 'v1'],
    ],
  });
  test.each([
    [
      'every state',
      [
        [1, 'v1'],
        [2, 'v2'],
        [3, '-'],
        [4, 'v3'],
      ],
    ],
    [
      'some states, later',
      [
        [7, 'v2'],
        [8, 'v3'],
      ],
    ],
    [
      'a state twice',
      [
        [1, 'v1'],
        [1.5, 'v1'],
        [2, 'v2'],
      ],
    ],
    [
      'an old content that the file had again',
      [
        [4, 'v3'],
        [6, 'v1'],
      ],
    ],
    [
      'a delete after the file had come again',
      [
        [2, 'v2'],
        [6, '-'],
        [7, 'v1'],
      ],
    ],
    ['nothing at all', []],
  ] as const)('allows a container that shows %s', (_, shown) =>
    expect(outOfOrder(SOURCE, made({ a: shown }))).toEqual([]),
  );
  test.each([
    [
      /older than what it showed/,
      'a state that was passed',
      [
        [2, 'v2'],
        [2.5, 'v1'],
      ],
    ],
    [
      /older than what it showed/,
      'a deleted content again',
      [
        [2, 'v2'],
        [3.5, '-'],
        [3.7, 'v2'],
      ],
    ],
    [/never was by then/, 'a content that the file never had', [[2, 'v9']]],
    [/never was by then/, 'a content before the file had it', [[2, 'v3']]],
    [
      /deleted while its file was there/,
      'a delete before the file was gone',
      [
        [1, 'v1'],
        [2.5, '-'],
      ],
    ],
    [
      /deleted while its file was there/,
      'a delete of what came after an absence',
      [
        [4, 'v3'],
        [4.5, '-'],
      ],
    ],
  ] as const)('reports %s of a container that shows %s', (expected, _, shown) =>
    expect(outOfOrder(SOURCE, made({ a: shown }))).toEqual([expect.stringMatching(expected)]),
  );
  test('reports an object whose file never existed', () =>
    expect(outOfOrder(SOURCE, made({ b: [[1, 'v1']] }))).toHaveLength(1));
});

describe('rule: lag and state never flatter', () => {
  const SOURCE = made({
    a: [
      [1, 'v1'],
      [5, 'v2'],
      [9, '-'],
    ],
  });
  const SHOWN = made({
    a: [
      [2, 'v1'],
      [7, 'v2'],
      [12, '-'],
    ],
  });
  const OPTIONS = { settleMs: 500, mayDiffer: () => false };
  const at = (second: number, isInSync: boolean, lagSeconds: number | null) => [
    { askedMs: second * 1_000, answeredMs: second * 1_000 + 5, isInSync, lagSeconds },
  ];
  test.each([
    [1.3, true, 0 as number | null, 'a change is younger than the settle time'],
    [3, true, 0, 'all is equal'],
    [6, false, 1, 'it says that it lags'],
    [6, false, null, 'it says that it does not know'],
    [6.999, true, 0, 'the object changes while it is asked'],
    [13, true, 0, 'a deleted object is gone'],
  ])(
    'allows the status of a daemon at %s s (in-sync: %s, lag: %s): %s',
    (second, isInSync, lag, _) =>
      expect(flatteries(SOURCE, SHOWN, at(second, isInSync, lag), OPTIONS)).toEqual([]),
  );
  test.each([
    [1.8, true, 0, /"a" is v1 .* says in-sync/],
    [6, true, 1, /"a" is v2 .* says in-sync/],
    [6, false, 0, /"a" is v2 .* says no lag/],
    [11, true, 0, /"a" is gone .* says in-sync/],
  ])('at %s s (in-sync: %s, lag: %s) says %s', (second, isInSync, lag, expected) =>
    expect(flatteries(SOURCE, SHOWN, at(second, isInSync, lag), OPTIONS)).toEqual([
      expect.stringMatching(expected),
    ]),
  );
  test('reports no name that may differ', () =>
    expect(
      flatteries(SOURCE, SHOWN, at(6, true, 0), { ...OPTIONS, mayDiffer: (name) => name === 'a' }),
    ).toEqual([]));
});

test('an observed map: the listener is called after each change', () => {
  const map = new Map<string, number>();
  const seen: unknown[] = [];
  observeMap(map, (key, value) => seen.push([key, value, map.get(key)]));
  map.set('a', 1).set('a', 2);
  map.delete('a');
  map.delete('b');
  expect(seen).toEqual([
    ['a', 1, 1],
    ['a', 2, 2],
    ['a', undefined, undefined],
  ]);
});
