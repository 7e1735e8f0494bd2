import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_LOOKED, searchNames, searchPlaceIn } from '../../src/status/search-names.js';

const mirrorOf = (mirror: string, names: readonly string[]) => ({
  mirror,
  namesAfter: (after: string | undefined) =>
    after === undefined ? names : names.slice(names.indexOf(after) + 1),
});

const { signal } = new AbortController();

async function all(
  mirrors: Parameters<typeof searchNames>[0],
  words: string,
  limit: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | null = null;
  do {
    const from = next === null ? undefined : searchPlaceIn(next);
    const answer = await searchNames(mirrors, { words, from, limit, signal });
    expect(answer.names.length).toBeLessThanOrEqual(limit);
    expect(answer.more).toBe(answer.next !== null);
    found.push(...answer.names.map(({ mirror, name }) => `${mirror}:${name}`));
    ({ next } = answer);
  } while (next !== null);
  return found;
}

test('search: pages of any size have each object with the text once, by mirror and name', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.stringMatching(/^[aAbB/]{1,4}$/), { maxLength: 20 }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.stringMatching(/^[ab]{1,2}$/),
      fc.integer({ min: 1, max: 5 }),
      async (lists, words, limit) => {
        const mirrors = lists.map((names, at) => mirrorOf(`m${at}`, names));
        const wanted = lists.flatMap((names, at) =>
          names
            .filter((name) => name.toLowerCase().includes(words))
            .map((name) => `m${at}:${name}`),
        );
        expect(await all(mirrors, words, limit)).toEqual(wanted);
      },
    ),
  );
});

test('search: finds a name whatever its case, and however its accents are written', async () => {
  const mirrors = [mirrorOf('docs', ['M\u00fcller.pdf', 'Mu\u0308ller.txt', 'other'])];
  expect(await all(mirrors, 'M\u00dcLLER', 10)).toHaveLength(2);
  expect(await all(mirrors, 'mu\u0308ll', 10)).toHaveLength(2);
});

test('search: one answer looks at a bounded number of names, and lets other work in meanwhile', async () => {
  let asked = 0;
  let turns = 0;
  const endless = {
    mirror: 'large',
    *namesAfter(after: string | undefined) {
      for (let at = Number(after ?? 0) + 1; ; at += 1) {
        asked += 1;
        yield String(at);
      }
    },
  };
  const count = () => {
    turns += 1;
    if (turns < 10_000) timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const answer = await searchNames([endless], { words: 'x', from: undefined, limit: 10, signal });
  clearImmediate(timer);
  expect(asked).toBe(MOST_LOOKED);
  expect(turns).toBeGreaterThan(50);
  expect(answer).toEqual({ names: [], more: true, next: `large/${MOST_LOOKED}` });
});

test('search: ends when its caller has gone', async () => {
  const gone = AbortSignal.abort(new Error('gone'));
  const asking = { words: 'a', from: undefined, limit: 1, signal: gone };
  await expect(searchNames([mirrorOf('m', ['a'])], asking)).rejects.toThrow('gone');
});

test.each(['', '/a', 'no-slash'])('search: %j is no place to go on at', (text) => {
  expect(searchPlaceIn(text)).toBeUndefined();
});
