import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallestSubtrees } from '../../../src/sync/scan/subtrees.js';
import { covers } from '../../../src/watcher/cover.js';

const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'a-'), { minLength: 1, maxLength: 5 })
  .map((segments) => segments.join('/'));
const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 40 });
const limit = fc.integer({ min: 1, max: 12 });

const depthOf = (folder: string) => (folder === '' ? 0 : folder.split('/').length);
const outermost = (all: readonly string[]) =>
  all.filter((one) => !all.some((other) => other !== one && covers(other, one)));

/** Folders that remain when only folders of this depth and deeper ones may take the place of what they hold. */
function remaining(all: readonly string[], depth: number): number {
  const groups = outermost(all).map((one) =>
    depthOf(one) <= depth ? one : one.split('/').slice(0, depth).join('/'),
  );
  return new Set(groups).size;
}

test('P1: subtrees: hold every path, are at most as many as allowed, and none holds another', () => {
  fc.assert(
    fc.property(paths, limit, (all, limit) => {
      const subtrees = smallestSubtrees(all, limit);
      for (const one of all) expect(subtrees.some((folder) => covers(folder, one))).toBe(true);
      expect(subtrees.length).toBeLessThanOrEqual(limit);
      expect([...outermost(subtrees)]).toEqual([...subtrees]);
    }),
    { numRuns: 1_000 },
  );
});

test('subtrees: paths that are few enough stay as they were', () => {
  fc.assert(
    fc.property(paths, (all) => {
      const kept = outermost(all);
      expect([...smallestSubtrees(all, kept.length)].sort()).toEqual([...kept].sort());
    }),
  );
});

test('subtrees: the shallowest folder that was not among the paths is as deep as the limit lets it be', () => {
  let widened = 0;
  fc.assert(
    fc.property(paths, limit, (all, limit) => {
      const wider = smallestSubtrees(all, limit).filter((folder) => !all.includes(folder));
      for (const folder of wider) {
        const held = all.filter((one) => covers(folder, one));
        const next = new Set(held.map((one) => one.split('/')[depthOf(folder)]));
        expect(next.size, 'a deeper folder holds the same').toBeGreaterThan(1);
      }
      if (wider.length === 0) return;
      widened += 1;
      const shallowest = Math.min(...wider.map(depthOf));
      expect(remaining(all, shallowest + 1)).toBeGreaterThan(limit);
    }),
    { numRuns: 2_000 },
  );
  expect(widened).toBeGreaterThan(0);
});

test('subtrees: of folders as deep as each other the one goes first that holds most of the paths', () => {
  const many = Array.from({ length: 9 }, (_, at) => `many/${at}`);
  expect(smallestSubtrees(['few/a', 'few/b', ...many], 3)).toEqual(['few/a', 'few/b', 'many']);
});
