import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNamesByFolder } from '../../../src/sync/work/names-by-folder.js';

const segment = fc.constantFrom('a', 'b', 'ab', 'a b');
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((path) => path.join('/'));
const change = fc.record({ adds: fc.boolean(), name });

test('names by folder: give what begins with the folder and a slash, after any additions and deletions', () => {
  fc.assert(
    fc.property(
      fc.array(name),
      fc.array(change, { maxLength: 40 }),
      name,
      (first, changes, folder) => {
        const names = createNamesByFolder(first);
        const expected = new Set(first);
        for (const { adds, name: each } of changes) {
          if (adds) names.add(each);
          else names.delete(each);
          if (adds) expected.add(each);
          else expected.delete(each);
        }
        const below = [...expected].filter((each) => each.startsWith(`${folder}/`));
        expect([...names.below(folder)].sort()).toEqual(below.sort());
      },
    ),
  );
});
