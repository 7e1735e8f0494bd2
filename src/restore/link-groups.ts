import { tmpdir } from 'node:os';
import { sortedOnDisk } from '../sync/sorted-on-disk.js';
import { compareNames } from '../utf8-order.js';
import type { LinkedSource } from './restore-linked.js';

/** Items that are sorted in memory at once. */
const RUN_LENGTH = 10_000;

/** The names of one file after the other, each file's in order. Memory holds the names of one file. */
export async function* linkGroups(
  sources: Iterable<LinkedSource>,
): AsyncGenerator<readonly LinkedSource[], void> {
  async function* single(): AsyncGenerator<readonly LinkedSource[], void> {
    for (const source of sources) yield [source];
  }
  const compare = (a: LinkedSource, b: LinkedSource) =>
    compareNames(a.group, b.group) || compareNames(a.source.name, b.source.name);
  const sorted = sortedOnDisk(single(), { compare, folder: tmpdir(), runLength: RUN_LENGTH });
  let group: LinkedSource[] = [];
  for await (const source of sorted) {
    if (group.length > 0 && group[0]?.group !== source.group) {
      yield group;
      group = [];
    }
    group.push(source);
  }
  if (group.length > 0) yield group;
}
