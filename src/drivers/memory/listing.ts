import { compareNames } from '../../utf8-order.js';
import type { Page, PageRequest } from '../call.js';

const PAGE_SIZE = 1000;

/** One page of the keys with the prefix, in the range. `keys` are in UTF-8 byte order, in which all that share a prefix are neighbours. */
export function pageOf<T>(
  keys: readonly string[],
  prefix: string,
  { range = {}, after = range.after, size = PAGE_SIZE }: PageRequest,
  describe: (key: string) => T,
): Page<T> {
  const start = Math.max(
    firstIndex(keys, (key) => compareNames(key, prefix) >= 0),
    after === undefined ? 0 : firstIndex(keys, (key) => compareNames(key, after) > 0),
  );
  const { upTo } = range;
  const isListed = (key: string | undefined): key is string =>
    key?.startsWith(prefix) === true && (upTo === undefined || compareNames(key, upTo) <= 0);
  const page: string[] = [];
  let index = start;
  for (; page.length < size; index += 1) {
    const key = keys[index];
    if (!isListed(key)) break;
    page.push(key);
  }
  const more = page.length === size && isListed(keys[index]);
  return { items: page.map(describe), next: more ? page.at(-1) : undefined };
}

/** Where the condition begins to hold; it holds for everything behind. */
function firstIndex(keys: readonly string[], holds: (key: string) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(keys[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
