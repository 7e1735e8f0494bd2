import { compareNames } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import type { ObjectInfo } from '../call.js';
import { RangeIgnoredError, StorageError } from '../errors.js';
import { isRangeOver, keysUpTo } from '../key-range.js';
import { listOf, textOf } from './auth/members.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { readDocument } from './json.js';
import { bucketPath, checkContainer } from './names.js';
import { BARE_FIELDS, infoOf, OBJECT_FIELDS } from './resource.js';

/** What the service gives at the most. */
export const PAGE_LIMIT = 1000;

/**
 * https://cloud.google.com/storage/docs/json_api/v1/objects/list. A page may have fewer objects than were asked for, or none, and
 * not be the last. `startOffset` is inclusive: the object at the beginning of a range, if there is one, is skipped here, and one
 * more is asked for instead.
 */
export function listObjects({ client }: GoogleContext): Backend['listObjects'] {
  return async (container, prefix, { after, size = PAGE_LIMIT, bare, range = {} }, call) => {
    call.signal.throwIfAborted();
    checkContainer(container);
    const what = `list in "${container}"`;
    const start = after === undefined ? range.after || undefined : undefined;
    const { body } = await client.request(
      {
        method: 'GET',
        operation: 'listObjects',
        action: 'list',
        container,
        path: `${bucketPath(container)}/o`,
        query: {
          prefix: prefix || undefined,
          maxResults: String(Math.min(start === undefined ? size : size + 1, PAGE_LIMIT)),
          pageToken: after,
          startOffset: range.after || undefined,
          fields: `kind,nextPageToken,items(${bare ? BARE_FIELDS : OBJECT_FIELDS})`,
        },
      },
      call,
    );
    const document = readDocument(what, body);
    const listed = listOf(document, 'items').map((item) => infoOf(container, item, what));
    refuseDisorder(what, listed);
    refuseOtherRange(what, listed, range.after);
    const items = listed.filter(({ key }) => key !== range.after);
    const next = textOf(document, 'nextPageToken');
    if (next !== undefined && next === after) throw notAdvancing(what);
    return { items: keysUpTo(items, range), next: isRangeOver(items, range) ? undefined : next };
  };
}

export function notAdvancing(what: string): StorageError {
  return new StorageError(
    `${what}: the listing does not advance: the provider gave the same page again`,
    { driver: GOOGLE, retry: 'backoff' },
  );
}

/** Comparing streams depends on the order: with a wrong one, objects would be taken for missing. */
function refuseDisorder(what: string, items: readonly ObjectInfo[]): void {
  let previous: string | undefined;
  for (const { key } of items) {
    if (previous !== undefined && compareNames(previous, key) >= 0)
      throw new StorageError(
        `${what}: "${key}" came after "${previous}", which is not UTF-8 byte order`,
        { driver: GOOGLE },
      );
    previous = key;
  }
}

function refuseOtherRange(
  what: string,
  [first]: readonly ObjectInfo[],
  after: string | undefined,
): void {
  if (first === undefined || !after || compareNames(first.key, after) >= 0) return;
  throw new RangeIgnoredError(
    `${what}: the provider was asked for the keys from "${after}" on and began with "${first.key}"`,
    { driver: GOOGLE },
  );
}
