import { expect } from 'vitest';
import type { KeyRange } from '../../../src/drivers/call.js';
import { compareNames, sortNames } from '../../../src/utf8-order.js';
import { call, type Fixture, listAll, put } from './fixture.js';

const KEYS = sortNames([
  'B',
  'a%2Fb',
  'a&<b',
  'a+b',
  'a b',
  'a/b',
  'a/b c',
  'a/\u{1f389}',
  'a0',
  'é',
  '\ufffd',
  '\uffee',
  '\u{1f389}',
]);

/** Keys, names beside them, and names before and after all of them. */
const BOUNDS = [
  undefined,
  'a%2Fb',
  'a+b',
  'a/',
  'a/b',
  'a/b+',
  'a/\uffff',
  '\ufffd',
  '\u{1f388}\ufffd',
  '\u{1f389}',
  '\u{10fffd}',
] as const;

function expectedIn({ after, upTo }: KeyRange, prefix: string): readonly string[] {
  return KEYS.filter(
    (key) =>
      key.startsWith(prefix) &&
      (after === undefined || compareNames(key, after) > 0) &&
      (upTo === undefined || compareNames(key, upTo) <= 0),
  );
}

export function listingRangeCases({ backend, inContainer }: Fixture): void {
  const { listingOrder } = backend.capabilities;
  /** What a provider lists in an order of its own is sorted here. */
  const inOrder = (listed: readonly { readonly key: string }[]): readonly string[] => {
    const keys = listed.map(({ key }) => key);
    return listingOrder === 'utf8' ? keys : sortNames(keys);
  };

  inContainer(
    'G3: a range has each key after its beginning and up to its end, whatever the bounds, the prefix and the pages',
    async (container) => {
      for (const key of KEYS) await put(backend, { container, key }, key);
      for (const after of BOUNDS) {
        for (const upTo of BOUNDS) {
          const range = { ...(after && { after }), ...(upTo && { upTo }) };
          for (const [prefix, size] of [['', 7] as const, ['a/', 2] as const]) {
            const listed = await listAll(backend, container, prefix, size, range);
            expect(inOrder(listed), JSON.stringify({ ...range, prefix })).toEqual(
              expectedIn(range, prefix),
            );
          }
        }
      }
    },
  );

  inContainer(
    'G3: a range may end earlier from page to page, before the last key of the page in front, too',
    async (container) => {
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await put(backend, { container, key }, key);
      const pageOf = async (range: KeyRange, after?: string) => {
        const page = { size: 2, range, ...(after !== undefined && { after }) };
        const { items, next } = await backend.listObjects(container, '', page, call);
        return { keys: items.map(({ key }) => key), next };
      };
      const first = await pageOf({ after: 'a', upTo: 'f' });
      if (listingOrder === 'none') {
        const rest: string[] = [];
        for (let next = first.next; next !== undefined; ) {
          const page = await pageOf({ after: 'a', upTo: 'd' }, next);
          rest.push(...page.keys);
          next = page.next;
        }
        expect(sortNames([...first.keys, ...rest].filter((key) => key <= 'd'))).toEqual([
          'b',
          'c',
          'd',
        ]);
        expect(rest.every((key) => key <= 'd')).toBe(true);
        return;
      }
      expect(first.keys).toEqual(['b', 'c']);
      expect(await pageOf({ after: 'a', upTo: 'd' }, first.next)).toMatchObject({ keys: ['d'] });
      expect(await pageOf({ after: 'a', upTo: 'b' }, first.next)).toEqual({
        keys: [],
        next: undefined,
      });
    },
  );

  inContainer(
    'G3: ranges that meet have each key once, also those put meanwhile',
    async (container) => {
      const cuts = ['b', 'd', 'dd', 'zz'];
      for (const key of ['a', 'b', 'c', 'd', 'e']) await put(backend, { container, key }, key);
      const listed: string[] = [];
      for (const [i, after] of [undefined, ...cuts].entries()) {
        const range = { after, upTo: cuts[i] };
        listed.push(...inOrder(await listAll(backend, container, '', 2, range)));
        await put(backend, { container, key: 'a-new' }, 'behind');
        await put(backend, { container, key: 'ee-new' }, 'before');
      }
      expect(listed).toEqual(['a', 'b', 'c', 'd', 'e', 'ee-new']);
    },
  );
}
