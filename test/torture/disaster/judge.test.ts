import { describe, expect, test } from 'vitest';
import { lostContents, lostThen, type Past, unlikeSource, unlikeThen } from './judge.js';
import type { Seen, Sighting, Sightings } from './sightings.js';

const file = (content: string, mtimeUs = 1n, mode = 0o644): Sighting => ({
  content,
  mtimeUs,
  mode,
});

type Changes = readonly (readonly [moment: number, sighting: Sighting | undefined])[];

/** What was at each path, by the number of the change that made it so. The settled moment is 10. */
function seen(paths: Readonly<Record<string, Changes>>): Sightings {
  const entries = Object.entries(paths).map(([path, changes]): [string, readonly Seen[]] => [
    path,
    changes.map(([moment, sighting]) => ({ moment, atMs: moment, sighting })),
  ]);
  return new Map(entries);
}

const restored = (paths: Readonly<Record<string, Changes>>, found: Record<string, Sighting>) => ({
  sightings: seen(paths),
  settled: 10,
  found: new Map(Object.entries(found)),
});

describe('rule: a restored tree is what its source was', () => {
  const V1 = file('v1', 1n);
  const V2 = file('v2', 2n, 0o600);
  const UNTOUCHED = { a: [[1, V1]] } as const;
  const CHANGED = {
    a: [
      [1, V1],
      [11, V2],
    ],
  } as const;
  const REMOVED = {
    a: [
      [1, V1],
      [11, undefined],
    ],
  } as const;

  test.each([
    ['an untouched file as it was', UNTOUCHED, { a: V1 }],
    ['the settled version of a changed file', CHANGED, { a: V1 }],
    ['the later version', CHANGED, { a: V2 }],
    ['a content of one version with a time and mode of another', CHANGED, { a: file('v1', 2n) }],
    ['a removed file that is still there', REMOVED, { a: V1 }],
    ['a removed file that is not', REMOVED, {}],
    ['a file that came later', { b: [[12, V1]] } as const, { b: V1 }],
    ['a file that came later and had not been sent', { b: [[12, V1]] } as const, {}],
  ])('allows %s', (_, paths, found) =>
    expect(unlikeSource(restored(paths, found as Record<string, Sighting>))).toEqual([]),
  );

  test.each([
    ['a missing file', UNTOUCHED, {}, /is nothing, and was v1/],
    ['another content', UNTOUCHED, { a: file('v0') }, /is v0 .*, and was v1/],
    ['another time of an untouched file', UNTOUCHED, { a: file('v1', 2n) }, /2 µs.*and was v1/],
    ['another mode of an untouched file', UNTOUCHED, { a: file('v1', 1n, 0o600) }, /600.*was v1/],
    ['a changed file that is missing', CHANGED, {}, /is not there, and was always one of v1/],
    ['a torn content', CHANGED, { a: file('v') }, /has the content v, and was one of v1/],
    ['a time that no version had', CHANGED, { a: file('v1', 3n) }, /has the time 3/],
    ['a mode that no version had', CHANGED, { a: file('v1', 1n, 0o777) }, /has the mode 777/],
    ['a link in the place of a file', CHANGED, { a: file('-> b') }, /has the content -> b/],
    ['a file that never was', UNTOUCHED, { a: V1, b: V1 }, /"b" is v1 .*, and was nothing/],
    [
      'a file that was gone before the settled moment',
      {
        a: [
          [1, V1],
          [9, undefined],
        ],
      } as const,
      { a: V1 },
      /"a" is v1 .*, and was nothing/,
    ],
    [
      'a version that was replaced before the settled moment',
      {
        a: [
          [1, V1],
          [9, V2],
        ],
      } as const,
      { a: V1 },
      /"a" is v1 .*, and was v2/,
    ],
  ])('finds %s', (_, paths, found, message) => {
    const wrong = unlikeSource(restored(paths, found as Record<string, Sighting>));
    expect(wrong).toEqual([expect.stringMatching(message)]);
  });
});

describe('rule: what the source has under any name is restored under some name', () => {
  const RENAMED = {
    a: [
      [1, file('v1')],
      [11, undefined],
    ],
    b: [[11, file('v1')]],
  } as const;
  const never = () => false;

  test.each([
    ['the old name', RENAMED, { a: file('v1') }],
    ['the new name', RENAMED, { b: file('v1') }],
    ['no name, if it was removed', { a: RENAMED.a }, {}],
    ['no name, if it came later', { b: RENAMED.b }, {}],
    ['no name, if it is a link', { a: [[1, file('-> b')]] } as const, {}],
  ])('allows a content under %s', (_, paths, found) =>
    expect(lostContents(restored(paths, found as Record<string, Sighting>), never)).toEqual([]),
  );

  test('finds a renamed file that has neither name', () => {
    const lost = restored(RENAMED, {});
    expect(lostContents(lost, never)).toEqual(['"b" has v1 in the source, which is nowhere']);
    expect(lostContents(lost, (path) => path === 'a')).toEqual([]);
  });
});

describe('rule: the tree as of a time is what the source was then', () => {
  const V1 = file('v1');
  const PATHS = {
    kept: [[1, file('k')]],
    replaced: [
      [1, V1],
      [11, file('v2')],
    ],
    touched: [
      [1, file('t')],
      [11, file('t', 5n)],
    ],
    old: [
      [1, file('r')],
      [11, undefined],
    ],
    new: [[11, file('r')]],
  } as const;
  const THEN = { kept: file('k'), replaced: V1, touched: file('t'), old: file('r') };
  const VERSIONS: Past = { versions: true, attributes: true, trash: false };
  const TRASH: Past = { versions: false, attributes: true, trash: true };
  const BOTH: Past = { versions: true, attributes: true, trash: true };
  const NEITHER: Past = { versions: false, attributes: true, trash: false };
  const IN_PLACE: Past = { ...VERSIONS, attributes: false };
  const without = (name: keyof typeof THEN) =>
    Object.fromEntries(Object.entries(THEN).filter(([each]) => each !== name));

  test.each([VERSIONS, TRASH, BOTH, NEITHER])('allows exactly that, with %j', (past) =>
    expect(unlikeThen(restored(PATHS, THEN), past)).toEqual([]),
  );
  test.each([
    ['what was renamed is missing, by the trash', without('old'), TRASH],
    ['what was given another time is missing, by the trash', without('touched'), TRASH],
    ['the new name of a renamed file is there, with a trash', { ...THEN, new: file('r') }, BOTH],
    ['what was replaced is missing, by neither', without('replaced'), NEITHER],
    ['a version has a later time, in place', { ...THEN, touched: file('t', 5n) }, IN_PLACE],
  ] as const)('allows that %s', (_, found, past) =>
    expect(unlikeThen(restored(PATHS, found), past)).toEqual([]),
  );
  test('finds that a renamed file has no name, by the trash, unless a name is refused, or it was touched later', () => {
    const never = () => false;
    const AT_MS = 1_000;
    expect(lostThen(restored(PATHS, THEN), AT_MS, never)).toEqual([]);
    const renamed = restored(PATHS, { ...without('old'), new: file('r') });
    expect(lostThen(renamed, AT_MS, never)).toEqual([]);
    const lost = restored(PATHS, without('old'));
    expect(lostThen(lost, AT_MS, never)).toEqual(['"new" has r in the source, which is nowhere']);
    expect(lostThen(lost, AT_MS, (path) => path === 'new')).toEqual([]);
    expect(lostThen(lost, 0, never)).toEqual([]);
  });
  test('allows that a file is refused beside a later one that the trash has, and not beside a version', () => {
    const tree = restored(PATHS, without('replaced'));
    const refused = (path: string) => path === 'replaced';
    expect(unlikeThen(tree, TRASH, refused)).toEqual([]);
    expect(unlikeThen(tree, VERSIONS, refused)).toHaveLength(1);
  });
  test.each([
    ['an untouched file is missing', without('kept'), NEITHER],
    ['what was replaced is missing, by the trash', without('replaced'), TRASH],
    ['what was replaced is missing, by versions', without('replaced'), VERSIONS],
    ['what was renamed is missing, by versions', without('old'), BOTH],
    ['what was given another time is missing, by versions', without('touched'), VERSIONS],
    ['a version has a later time', { ...THEN, touched: file('t', 5n) }, VERSIONS],
    ['an untouched file has another time, in place', { ...THEN, kept: file('k', 9n) }, IN_PLACE],
    ['a later file is there, by versions', { ...THEN, new: file('r') }, VERSIONS],
    ['it has another time', { ...THEN, kept: file('k', 9n) }, NEITHER],
  ] as const)('finds that %s', (_, found, past) =>
    expect(unlikeThen(restored(PATHS, found), past)).toHaveLength(1),
  );
});
