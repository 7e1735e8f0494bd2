import { tmpdir } from 'node:os';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import { openSpill, type Spill } from '../sync/scan/spill.js';
import { sortedOnDisk } from '../sync/sorted-on-disk.js';
import { compareNames } from '../utf8-order.js';

/**
 * Who makes the files with several names (hard links) that lie in several shards: the shard of the first name makes the file
 * and all of its names.
 */
export interface SharedLinks {
  /** Names of the shard whose file another one makes; in order. */
  elsewhere(): AsyncIterable<ObjectName>;
  /** Names outside of the shard whose file it makes; in order. */
  here(): AsyncIterable<ObjectName>;
  close(): void;
}

interface LinkedName {
  readonly name: ObjectName;
  readonly group: string;
}

/** Items that are sorted in memory at once. */
const RUN_LENGTH = 10_000;

/**
 * `records`: all that are restored, by an index snapshot: each shard of the same snapshot comes to the same result. `isOurs`:
 * whether a name is of this shard. Memory holds the names of one file.
 */
export async function shareLinks(
  records: AsyncIterable<readonly [ObjectName, ObjectRecord | undefined]>,
  isOurs: (name: ObjectName) => boolean,
): Promise<SharedLinks> {
  const elsewhere = openSpill<ObjectName>(tmpdir());
  const here = openSpill<ObjectName>(tmpdir());
  const close = () => {
    for (const names of [elsewhere, here]) names.close();
  };
  try {
    for await (const names of namesOfFiles(records)) share(names, isOurs, elsewhere, here);
  } catch (error) {
    close();
    throw error;
  }
  return { elsewhere: () => inOrder(elsewhere), here: () => inOrder(here), close };
}

function share(
  [first, ...others]: readonly ObjectName[],
  isOurs: (name: ObjectName) => boolean,
  elsewhere: Pick<Spill<ObjectName>, 'add'>,
  here: Pick<Spill<ObjectName>, 'add'>,
): void {
  if (first === undefined) return;
  const isMadeHere = isOurs(first);
  for (const name of others)
    if (isOurs(name) !== isMadeHere) (isMadeHere ? here : elsewhere).add(name);
}

/** The names of one file after the other, each file's in order. */
async function* namesOfFiles(
  records: AsyncIterable<readonly [ObjectName, ObjectRecord | undefined]>,
): AsyncGenerator<readonly ObjectName[], void> {
  async function* linked(): AsyncGenerator<readonly LinkedName[], void> {
    for await (const [name, record] of records)
      if (record?.hardLink === true) yield [{ name, group: String(record.inode) }];
  }
  const compare = (a: LinkedName, b: LinkedName) =>
    compareNames(a.group, b.group) || compareNames(a.name, b.name);
  let group: string | undefined;
  let names: ObjectName[] = [];
  for await (const each of sortedOnDisk(linked(), {
    compare,
    folder: tmpdir(),
    runLength: RUN_LENGTH,
  })) {
    if (each.group !== group) yield names;
    names = each.group === group ? [...names, each.name] : [each.name];
    group = each.group;
  }
  yield names;
}

function inOrder(names: Pick<Spill<ObjectName>, 'items'>): AsyncIterable<ObjectName> {
  async function* single(): AsyncGenerator<readonly ObjectName[], void> {
    for (const name of names.items()) yield [name];
  }
  return sortedOnDisk(single(), {
    compare: compareNames,
    folder: tmpdir(),
    runLength: RUN_LENGTH,
  });
}
