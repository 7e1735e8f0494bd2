import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inRange } from '../../src/state/name-key.js';
import type {
  IndexLocation,
  IndexRange,
  ObjectIndex,
  ObjectRecord,
} from '../../src/state/object-index.js';
import { openIndex } from '../../src/state/open-index.js';
import { compareNames, sortNames } from '../../src/utf8-order.js';
import { temporaryFolder } from '../world/folder.js';
import { anyName, anyRecord, record } from './fixtures.js';

/** What every engine of the index promises. */
export function indexSuite(engine: 'lmdb' | 'lowdb'): void {
  async function place(): Promise<IndexLocation> {
    return { engine, folder: temporaryFolder() };
  }

  async function fresh(): Promise<ObjectIndex> {
    return opened(await place());
  }

  async function opened(location: IndexLocation): Promise<ObjectIndex> {
    const index = await openIndex(location);
    onTestFinished(() => index.close());
    return index;
  }

  const namesIn = (index: Pick<ObjectIndex, 'entries'>, range?: IndexRange) =>
    [...index.entries(range)].map(([name]) => name);

  describe(`index engine ${engine}`, () => {
    test('an index that was just made is empty', async () => {
      const index = await fresh();
      expect(index.engine).toBe(engine);
      expect(index.count()).toBe(0);
      expect([...index.entries()]).toEqual([]);
      expect(index.get('a')).toBeUndefined();
      expect(index.namesOfInode(42n)).toEqual([]);
      await index.flush();
    });

    test('a record is read back at once, when it is durable, and after opening again', async () => {
      const location = await place();
      const index = await openIndex(location);
      const made = record({ etag: '"abc-2"', partSize: 5 << 20, versionId: 'v1' });
      const written = index.put('a/x', made);
      expect(index.get('a/x')).toEqual(made);
      expect([...index.entries()]).toEqual([['a/x', made]]);
      expect(index.count()).toBe(1);
      await written;
      expect(index.get('a/x')).toEqual(made);
      expect(index.count()).toBe(1);
      await index.close();
      const again = await opened(location);
      expect([...again.entries()]).toEqual([['a/x', made]]);
      expect(again.count()).toBe(1);
    });

    test('a range takes names by prefix and after a name', async () => {
      const index = await fresh();
      const names = ['a', 'a.txt', 'a/', 'a/x', 'a/x/y', 'a/z', 'ab', 'b'];
      await Promise.all(names.map((name) => index.put(name, record())));
      expect(namesIn(index, { prefix: 'a/' })).toEqual(['a/', 'a/x', 'a/x/y', 'a/z']);
      expect(namesIn(index, { prefix: 'a/', after: 'a/x' })).toEqual(['a/x/y', 'a/z']);
      expect(namesIn(index, { prefix: 'a/', after: 'a' })).toEqual(['a/', 'a/x', 'a/x/y', 'a/z']);
      expect(namesIn(index, { prefix: 'a/', after: 'b' })).toEqual([]);
      expect(namesIn(index, { after: 'a/x' })).toEqual(['a/x/y', 'a/z', 'ab', 'b']);
      expect(namesIn(index, { after: 'a/xx' })).toEqual(['a/z', 'ab', 'b']);
      expect(namesIn(index, { after: 'b' })).toEqual([]);
      expect(namesIn(index, { prefix: '\u{10ffff}' })).toEqual([]);
    });

    test('names are found by how many places they come after another, or after the beginning', async () => {
      const index = await fresh();
      expect(index.nameAfter(undefined, 1)).toBeUndefined();
      const names = ['a', 'a.txt', 'a/', 'a/x', 'b', '\ufffd', '\u{1f389}'];
      await index.putAll(names.map((name) => [name, record()]));
      for (const count of [1, 2, 7, 8]) {
        expect(index.nameAfter(undefined, count)).toBe(names[count - 1]);
        for (const [at, name] of names.entries())
          expect(index.nameAfter(name, count), `${count} after ${name}`).toBe(names[at + count]);
      }
      await index.remove('a/');
      expect(index.nameAfter('a.txt', 1)).toBe('a/x');
      await index.put('c', record());
      expect(index.nameAfter('a.txt', 3)).toBe('c');
    });

    test('leaving an iteration early leaves nothing open, and later writes go through', async () => {
      const index = await fresh();
      await Promise.all(Array.from({ length: 100 }, (_, at) => index.put(`n${at}`, record())));
      for (let round = 0; round < 300; round++) {
        for (const [name] of index.entries()) {
          expect(name).toBe('n0');
          break;
        }
      }
      await index.put('more', record());
      expect(index.count()).toBe(101);
    });

    test('an iteration goes on over what was there when it began, whatever is written meanwhile', async () => {
      const index = await fresh();
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => index.put(name, record())));
      const iterator = index.entries()[Symbol.iterator]();
      expect(iterator.next().value?.[0]).toBe('a');
      await index.remove('b');
      await index.put('bb', record());
      const rest: string[] = [];
      for (let step = iterator.next(); !step.done; step = iterator.next()) rest.push(step.value[0]);
      expect(rest).toEqual(['b', 'c', 'd']);
      expect(namesIn(index)).toEqual(['a', 'bb', 'c', 'd']);
    });

    test('names are found by inode, through overwrites, removals and hard links', async () => {
      const index = await fresh();
      await index.put('one', record({ inode: 1n }));
      void index.put('link', record({ inode: 1n }));
      expect(index.namesOfInode(1n)).toEqual(['link', 'one']);
      await index.flush();
      expect(index.namesOfInode(1n)).toEqual(['link', 'one']);
      const moved = index.put('one', record({ inode: 2n ** 63n + 5n }));
      expect(index.namesOfInode(1n)).toEqual(['link']);
      expect(index.namesOfInode(2n ** 63n + 5n)).toEqual(['one']);
      await moved;
      await index.put('one', record({ inode: 2n ** 63n + 5n, size: 12 }));
      expect(index.namesOfInode(1n)).toEqual(['link']);
      expect(index.namesOfInode(2n ** 63n + 5n)).toEqual(['one']);
      await index.remove('link');
      expect(index.namesOfInode(1n)).toEqual([]);
    });

    test('many names are looked up at once: those of a record, and those between', async () => {
      const index = await fresh();
      const held = ['b', 'd/10', 'd/11', 'd/30', 'f', '\u{1f389}'];
      await index.putAll(held.map((name, at) => [name, record({ inode: BigInt(at) })]));
      void index.put('d/25', record({ inode: 25n }));
      void index.remove('d/30');
      const inFolder = (folder: string) =>
        Array.from({ length: 30 }, (_, at) => `${folder}/${at + 10}`);
      const asked = [
        ...['a', 'b', 'c', 'd'].flatMap(inFolder),
        ...held,
        'z',
        '\u{1f38a}',
        '\ud800',
        '',
      ];
      for (const names of [asked, sortNames([...asked]), [...asked].reverse()])
        expect(index.getAll(names)).toEqual(names.map((name) => index.get(name)));
      expect(index.getAll(asked).filter((found) => found !== undefined)).toHaveLength(3 + 5);
      expect(index.getAll([])).toEqual([]);
    });

    test('removing a name that is not there is no error', async () => {
      const index = await fresh();
      await index.remove('ghost');
      expect(index.count()).toBe(0);
    });

    test('a name as long as the index can hold is kept; a longer one is refused and disturbs nothing', async () => {
      const index = await fresh();
      const longest = `d/${'x'.repeat(4024)}`;
      const beside = index.put('beside', record({ inode: 7n }));
      const refused = expect(index.put(`${longest}x`, record())).rejects.toThrow(RangeError);
      await index.put(longest, record({ inode: 9n }));
      await Promise.all([beside, refused]);
      expect(index.get(`${longest}x`)).toBeUndefined();
      expect(namesIn(index)).toEqual(['beside', longest]);
      expect(index.namesOfInode(9n)).toEqual([longest]);
      await index.put(longest, record({ inode: 10n }));
      expect(index.namesOfInode(9n)).toEqual([]);
      await index.remove(longest);
      expect(index.namesOfInode(10n)).toEqual([]);
    });

    test('P8: a record that cannot be kept is refused and disturbs none of those written with it', async () => {
      const index = await fresh();
      const before = index.put('before', record());
      const refused = expect(index.put('bad', record({ inode: -1n }))).rejects.toThrow(RangeError);
      const batch = [
        ['first', record()],
        ['bad', record({ inode: -1n })],
      ] as const;
      const all = expect(index.putAll(batch)).rejects.toThrow(RangeError);
      const after = index.put('after', record());
      await Promise.all([before, refused, all, after]);
      expect(namesIn(index)).toEqual(['after', 'before']);
      expect(index.count()).toBe(2);
    });

    test('whatever is written in whatever order, reads agree with a plain map, before and after each commit', async () => {
      const step = fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({
            do: fc.constant('put' as const),
            name: anyName,
            record: anyRecord,
          }),
        },
        {
          weight: 2,
          arbitrary: fc.record({
            do: fc.constant('put all' as const),
            entries: fc.array(fc.tuple(anyName, anyRecord), { maxLength: 8 }),
          }),
        },
        { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), name: anyName }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), anyName, async (steps, prefix) => {
          const folder = join(temporaryFolder(), 'mirror');
          await mkdir(folder);
          let index = await openIndex({ engine, folder });
          const model = new Map<string, ObjectRecord>();
          const writes: Promise<void>[] = [];
          for (const [at, { do: action, ...what }] of steps.entries()) {
            if (action === 'put' && 'record' in what) {
              model.set(what.name, what.record);
              writes.push(index.put(what.name, what.record));
            } else if (action === 'put all' && 'entries' in what) {
              for (const [name, made] of what.entries) model.set(name, made);
              writes.push(index.putAll(what.entries));
            } else if (action === 'remove' && 'name' in what) {
              model.delete(what.name);
              writes.push(index.remove(what.name));
            } else if (action === 'turn') await new Promise((resolve) => setImmediate(resolve));
            else if (action === 'flush') await index.flush();
            else {
              await index.close();
              index = await openIndex({ engine, folder });
            }
            const expected = [...model].sort(([a], [b]) => compareNames(a, b));
            expect([...index.entries()]).toEqual(expected);
            expect(index.count()).toBe(model.size);
            expect([...index.entries({ prefix })]).toEqual(
              expected.filter(([name]) => inRange(name, { prefix })),
            );
            const asked = [...expected.map(([name]) => name), prefix];
            expect(index.getAll(asked)).toEqual(asked.map((name) => model.get(name)));
            for (const [, { inode }] of at % 3 === 0 ? expected : []) {
              expect(index.namesOfInode(inode)).toEqual(
                expected.filter(([, other]) => other.inode === inode).map(([name]) => name),
              );
            }
          }
          await Promise.all(writes);
          expect(index.count()).toBe(model.size);
          await index.close();
        }),
        { numRuns: 40 },
      );
    });

    test('a closed index refuses writes, and a second close does nothing', async () => {
      const index = await fresh();
      const last = index.put('a', record());
      await index.close();
      await last;
      await expect(index.put('b', record())).rejects.toThrow(/is closed/);
      await index.close();
    });
  });
}
