import { compareNames } from '../../utf8-order.js';
import { StorageError } from '../errors.js';
import { SWIFT } from './errors.js';

/** Pages larger than the service allows are refused with 412, so a size is asked for only up to what every service allows. */
const SAFE_LIMIT = 1000;

export function pageQuery(
  prefix: string,
  after: string | undefined,
  size: number | undefined,
): Record<string, string | undefined> {
  return {
    format: 'json',
    marker: after,
    limit: size === undefined ? undefined : String(Math.min(size, SAFE_LIMIT)),
    prefix: prefix === '' ? undefined : prefix,
  };
}

/**
 * Where the next page begins: after the last name of this one. Only an empty page is the last, because a service may
 * give fewer than were asked for. A page that is out of order, or does not come after the one before, is an error:
 * comparing streams depends on the order, and the same page would be asked for without end.
 */
export function nextPage(
  what: string,
  names: readonly string[],
  after: string | undefined,
): string | undefined {
  let previous = after;
  for (const name of names) {
    if (previous !== undefined && compareNames(previous, name) >= 0)
      throw new StorageError(
        `${what}: the listing does not advance in UTF-8 byte order: "${name}" came after "${previous}"`,
        {
          driver: SWIFT,
          retry: 'backoff',
        },
      );
    previous = name;
  }
  return names.at(-1);
}
