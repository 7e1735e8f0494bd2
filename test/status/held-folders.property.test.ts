import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHeldFolders } from '../../src/status/held-folders.js';
import { compareNames } from '../../src/utf8-order.js';

const segment = fc.constantFrom('a', 'b', 'a b', 'é', 'ab', '0', 'a-');
const name = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const objects = fc
  .uniqueArray(fc.record({ name, isHeld: fc.boolean(), bytes: fc.nat(100) }), {
    selector: (object) => object.name,
    maxLength: 60,
  })
  .map((all) => all.toSorted((a, b) => compareNames(a.name, b.name)));

type Objects = (typeof objects extends fc.Arbitrary<infer T> ? T : never)[number][];

/** Each folder is looked at by itself. */
function plainly(all: Objects) {
  const names = new Set(
    all.flatMap(({ name: own }) =>
      own
        .split('/')
        .flatMap((_, at, parts) => (at === 0 ? [] : [`${parts.slice(0, at).join('/')}/`])),
    ),
  );
  return [...names].toSorted(compareNames).flatMap((folder) => {
    const below = all.filter((each) => each.name.startsWith(folder));
    const held = below.filter(({ isHeld }) => isHeld);
    const bytes = held.reduce((sum, each) => sum + each.bytes, 0);
    return held.length === 0 ? [] : [{ name: folder, held: held.length, of: below.length, bytes }];
  });
}

function counted(all: Objects, most?: number) {
  const folders = createHeldFolders(most);
  for (const each of all) folders.add(each.name, each.isHeld, each.bytes);
  return folders.folders();
}

it('counts what is held below each folder in one pass, and how much there is below it', () => {
  fc.assert(
    fc.property(objects, (all) => {
      expect(counted(all)).toEqual(plainly(all));
    }),
  );
});

it('P7: lists no more folders than it may, the upper ones first, each with its whole sum', () => {
  fc.assert(
    fc.property(objects, fc.integer({ min: 1, max: 12 }), (all, most) => {
      const plain = plainly(all);
      const found = counted(all, most);
      expect(found.length).toBeLessThanOrEqual(most);
      expect(plain).toEqual(expect.arrayContaining([...found]));
      if (plain.length <= most) expect(found).toEqual(plain);
    }),
  );
});
