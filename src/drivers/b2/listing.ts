import { compareNames } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import { StorageError } from '../errors.js';
import { isRangeOver, keysUpTo } from '../key-range.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { listOf, optionalText, readObject } from './json.js';
import { checkContainer, MAX_KEY_BYTES } from './names.js';
import { infoOf, readFile } from './object-info.js';

/** Billed as one listing; larger pages are billed as several (https://www.backblaze.com/apidocs/b2-list-file-names). */
const PAGE = 1000;

/**
 * Names in UTF-8 byte order, which is looked at: comparing streams depends on it, and a page that is given again would be asked for
 * without end. A page's token is the name that the next page begins with.
 */
export function listObjects({ client, buckets }: B2Context): Backend['listObjects'] {
  return async (container, prefix, { range = {}, after, size = PAGE }, call) => {
    call.signal.throwIfAborted();
    checkContainer(container);
    const about = { operation: 'b2_list_file_names', action: 'list', container, prefix } as const;
    const start = after ?? firstAfter(range.after);
    const answer = await buckets.withId(container, call, (bucketId) => {
      const parameters = {
        bucketId,
        maxFileCount: Math.min(size, PAGE),
        ...(prefix !== '' && { prefix }),
        ...(start !== undefined && { startFileName: start }),
      };
      return client.request({ method: 'POST', ...about, parameters }, call);
    });
    const action = `list in "${container}"`;
    const document = readObject(action, answer);
    const files = listOf(action, document, 'files')
      .map((file) => readFile(action, file))
      .filter((file) => file.action === 'upload' && file.name !== range.after);
    const listed = files.map((file) => infoOf(container, file));
    const next = optionalText(document, 'nextFileName');
    checkOrder(
      action,
      [...listed.map(({ key }) => key), ...(next === undefined ? [] : [next])],
      start,
    );
    return {
      items: keysUpTo(listed, range),
      next: isRangeOver(listed, range) ? undefined : next,
    };
  };
}

/** The first name that can come after another: with a blank at its end, as B2 has no names with smaller characters. */
function firstAfter(name: string | undefined): string | undefined {
  return name === undefined || Buffer.byteLength(name) >= MAX_KEY_BYTES ? name : `${name} `;
}

function checkOrder(action: string, names: readonly string[], start: string | undefined): void {
  let previous: string | undefined;
  for (const name of names) {
    const isAhead =
      previous === undefined
        ? start === undefined || compareNames(start, name) <= 0
        : compareNames(previous, name) < 0;
    if (!isAhead)
      throw new StorageError(
        `${action}: the listing does not advance in UTF-8 byte order: "${name}" came after "${previous ?? start}"`,
        { driver: B2, retry: 'backoff' },
      );
    previous = name;
  }
}
