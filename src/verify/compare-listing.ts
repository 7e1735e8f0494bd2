import { tmpdir } from 'node:os';
import type { ObjectInfo } from '../drivers/call.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import { sortedOnDisk } from '../sync/sorted-on-disk.js';
import { compareNames } from '../utf8-order.js';

export interface ListedObject {
  readonly name: ObjectName;
  readonly info: ObjectInfo;
}

/** One name, with what the index and the listing have of it: at least one of both. */
export interface ComparedName {
  readonly name: ObjectName;
  readonly record: ObjectRecord | undefined;
  readonly info: ObjectInfo | undefined;
}

/** Records in the order of their names. */
export type RecordsInOrder =
  | Iterable<readonly [ObjectName, ObjectRecord | undefined]>
  | AsyncIterable<readonly [ObjectName, ObjectRecord | undefined]>;

/** Merges the records with the listing, both in the order of names, in constant memory. Of a name that is listed twice the last counts. */
export async function* compareListing(
  records: RecordsInOrder,
  listed: AsyncIterable<ListedObject>,
): AsyncGenerator<ComparedName, void> {
  const known =
    Symbol.iterator in records ? records[Symbol.iterator]() : records[Symbol.asyncIterator]();
  try {
    let next = await known.next();
    for await (const { name, info } of withoutRepeats(listed)) {
      while (!next.done && compareNames(next.value[0], name) < 0) {
        yield { name: next.value[0], record: next.value[1], info: undefined };
        next = await known.next();
      }
      const same = !next.done && next.value[0] === name ? next.value[1] : undefined;
      if (!next.done && next.value[0] === name) next = await known.next();
      yield { name, record: same, info };
    }
    for (; !next.done; next = await known.next())
      yield { name: next.value[0], record: next.value[1], info: undefined };
  } finally {
    await known.return?.();
  }
}

async function* withoutRepeats(
  listed: AsyncIterable<ListedObject>,
): AsyncGenerator<ListedObject, void> {
  let last: ListedObject | undefined;
  for await (const one of listed) {
    if (last !== undefined && last.name !== one.name) yield last;
    last = one;
  }
  if (last !== undefined) yield last;
}

/** Objects that are sorted in memory at once. */
const RUN_LENGTH = 10_000;

/** A listing in the order of UTF-8 bytes, whatever the provider's is. */
export function inOrder(
  listed: AsyncIterable<ListedObject>,
  order: 'utf8' | 'none',
): AsyncIterable<ListedObject> {
  if (order === 'utf8') return listed;
  const batches = (async function* () {
    for await (const one of listed) yield [one];
  })();
  const compare = (a: ListedObject, b: ListedObject) => compareNames(a.name, b.name);
  return sortedOnDisk(batches, { compare, folder: tmpdir(), runLength: RUN_LENGTH });
}
