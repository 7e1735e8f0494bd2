import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeldNode, heldTree, ownIn } from '../../src/page/held-tree.js';

const name = fc
  .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
  .map((parts) => `${parts.join('/')}/`);

/** Folders as the API has them: with all above them, by name, each with the sum of what is below it. */
const folders = fc.uniqueArray(fc.tuple(name, fc.integer({ min: 1, max: 9 })), {
  selector: ([each]) => each,
  maxLength: 12,
});

function answered(own: readonly (readonly [string, number])[]) {
  const all = new Set(
    own.flatMap(([each]) =>
      each
        .slice(0, -1)
        .split('/')
        .map((_, at, parts) => `${parts.slice(0, at + 1).join('/')}/`),
    ),
  );
  return [...all].toSorted().map((folder) => {
    const below = own.filter(([each]) => each.startsWith(folder));
    const held = below.reduce((sum, [, amount]) => sum + amount, 0);
    return { name: folder, held, of: held + 1, bytes: held * 10 };
  });
}

const flat = (nodes: readonly HeldNode[]): readonly HeldNode[] =>
  nodes.flatMap((node) => [node, ...flat(node.children)]);

describe('the tree of what is held', () => {
  it('has every change once, and labels that make up the names', () => {
    fc.assert(
      fc.property(folders, (own) => {
        const tree = heldTree(answered(own));
        const nodes = flat(tree);
        const sum = own.reduce((all, [, amount]) => all + amount, 0);
        expect(nodes.reduce((all, node) => all + node.own, 0)).toBe(sum);
        expect(tree.reduce((all, node) => all + node.held, 0)).toBe(sum);
        for (const node of nodes)
          for (const child of node.children) expect(node.name + child.label).toBe(child.name);
        for (const node of tree) expect(node.label).toBe(node.name);
      }),
    );
  });

  it('draws a folder with nothing held but in one folder below it as one', () => {
    const tree = heldTree([
      { name: 'a/', held: 2, of: 5, bytes: 2 },
      { name: 'a/b/', held: 2, of: 2, bytes: 2 },
    ]);
    expect(tree).toMatchObject([{ label: 'a/b/', held: 2, of: 2, children: [] }]);
  });

  it('knows the own names of a folder among those that were fetched', () => {
    const objects = ['a/1', 'a/b/2', 'ab/3', '4'].map(
      (each) => ({ name: each, change: 'delete' }) as const,
    );
    expect(ownIn('a/', objects).map((each) => each.name)).toEqual(['1']);
    expect(ownIn('', objects).map((each) => each.name)).toEqual(['4']);
  });
});
