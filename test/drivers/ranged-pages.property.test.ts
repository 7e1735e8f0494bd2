import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sortNames } from '../../src/utf8-order.js';
import { ListedContainer } from './ranged-fixture.js';

const name = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'B',
      '0',
      '1',
      '9',
      '/',
      '//',
      ' ',
      '%2F',
      'é',
      '\ufffd',
      '\u{1f389}',
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const names = fc.uniqueArray(name, { maxLength: 60 });
const change = fc.record({ at: fc.nat(120), key: name, put: fc.boolean() });

interface Course {
  readonly keys: readonly string[];
  /** Names by which ranges are cut, of the container or not; undefined: none are known. */
  readonly known: readonly string[] | undefined;
  readonly atOnce: readonly number[];
  readonly pageLimit: number;
  /** What changes in the container before a request is answered. */
  readonly changes: readonly { readonly at: number; readonly key: string; readonly put: boolean }[];
  /** Which of the requests that are under way is answered next. */
  readonly order: readonly number[];
}

const course: fc.Arbitrary<Course> = fc.record({
  keys: names,
  known: fc.option(names, { nil: undefined }),
  atOnce: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
  pageLimit: fc.integer({ min: 1, max: 7 }),
  changes: fc.array(change, { maxLength: 40 }),
  order: fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
});

/** Any of the known names that come after, as an index answers that is written to meanwhile. */
function cutsOf(known: readonly string[]) {
  const sorted = sortNames([...known]);
  return (after: string | undefined, count: number) => {
    const rest = after === undefined ? sorted : sorted.slice(sorted.indexOf(after) + 1);
    return rest[Math.min(count, rest.length) % 5];
  };
}

async function listed({ keys, known, atOnce, pageLimit, changes, order }: Course) {
  const container = new ListedContainer(keys);
  container.pageLimit = pageLimit;
  const always = new Set(keys);
  const ever = new Set(keys);
  container.onRequest = () => {
    container.atOnce = atOnce[container.requests % atOnce.length] ?? 1;
    for (const { key, put } of changes.filter(({ at }) => at === container.requests)) {
      if (put) {
        container.add(key);
        ever.add(key);
      } else {
        container.remove(key);
        always.delete(key);
      }
    }
  };
  const given: string[] = [];
  let over = false;
  const reading = (async () => {
    const cuts = { pageSize: pageLimit, ...(known && { cutAfter: cutsOf(known) }) };
    for await (const page of container.pages(cuts)) given.push(...page);
  })().finally(() => {
    over = true;
  });
  for (let step = 0; !over; step += 1) {
    expect(container.underWay, 'something is asked for while the listing goes on').toBeGreaterThan(
      0,
    );
    await container.answer((order[step % order.length] ?? 0) % container.underWay);
  }
  await reading;
  return { given, always, ever, container };
}

it('G3: ranged listing: gives each name once, in order, whatever the cuts, the pages and what changes meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(course, async (each) => {
      const { given, always, ever, container } = await listed(each);
      expect(given).toEqual(sortNames([...new Set(given)]));
      const missing = [...always].filter((key) => !given.includes(key));
      expect(missing).toEqual([]);
      expect(given.filter((key) => !ever.has(key))).toEqual([]);
      const most = Math.max(...each.atOnce);
      expect(container.mostUnderWay).toBeLessThanOrEqual(Math.max(most, 32));
      expect(container.mostHeld).toBeLessThanOrEqual(2 * Math.max(most, 32) + 1);
    }),
    { numRuns: 400 },
  );
});
