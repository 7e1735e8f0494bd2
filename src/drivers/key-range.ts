import { compareNames } from '../utf8-order.js';
import type { KeyRange, ObjectInfo } from './call.js';

type Listed = Pick<ObjectInfo, 'key'>;

/**
 * Whether a page in UTF-8 byte order shows that the range has no more keys: it has one at the end, or after it. That a
 * provider gives fewer keys than were asked for is no proof.
 */
export function isRangeOver(items: readonly Listed[], { upTo }: KeyRange): boolean {
  const last = items.at(-1);
  return upTo !== undefined && last !== undefined && compareNames(last.key, upTo) >= 0;
}

/** A page in UTF-8 byte order without what comes after the range. */
export function keysUpTo<T extends Listed>(items: readonly T[], range: KeyRange): readonly T[] {
  const { upTo } = range;
  if (upTo === undefined || !isRangeOver(items, range)) return items;
  return items.slice(0, items.findLastIndex(({ key }) => compareNames(key, upTo) <= 0) + 1);
}
