import { expect, test } from 'vitest';
import { collect, itemsOfPages } from '../../src/drivers/pages.js';
import { call, rejection } from './conformance/fixture.js';

/** A clock whose pauses pass at once, and are written down. */
function noting(): { readonly pauses: number[]; sleep(ms: number): Promise<void> } {
  const pauses: number[] = [];
  return { pauses, sleep: async (ms) => void pauses.push(ms) };
}

test('listing: empty pages with ever new tokens end in an error, after a bounded number of growing pauses', async () => {
  const clock = noting();
  let asked = 0;
  const list = async () => {
    asked += 1;
    return { items: [], next: String(asked) };
  };
  const error = await rejection(collect(itemsOfPages('s3', list, { ...call, clock })));
  expect(error.message).toBe(
    'the listing does not end: 100 pages in a row were empty, and not the last',
  );
  expect(asked).toBe(100);
  expect(clock.pauses.slice(0, 5)).toEqual([20, 40, 80, 160, 320]);
  expect(Math.max(...clock.pauses)).toBe(5_000);
});

test('listing: empty pages between full ones are no error, and a full page has no pause after it', async () => {
  const clock = noting();
  const list = async ({ after = '0' }) => {
    const at = Number(after);
    return { items: at % 60 === 59 ? [at] : [], next: at === 299 ? undefined : String(at + 1) };
  };
  expect(await collect(itemsOfPages('s3', list, { ...call, clock }))).toEqual([
    59, 119, 179, 239, 299,
  ]);
  expect(clock.pauses).toHaveLength(5 * 59);
});

test('listing: a pause between empty pages ends with the signal', async () => {
  const stop = new AbortController();
  const list = async () => ({ items: [], next: String(Math.random()) });
  const listing = collect(itemsOfPages('s3', list, { signal: stop.signal }));
  stop.abort(new Error('enough'));
  expect((await rejection(listing)).message).toBe('enough');
});
