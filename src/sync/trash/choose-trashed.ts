import { compareNames } from '../../utf8-order.js';
import { sortedOnDisk } from '../sorted-on-disk.js';
import type { TrashEntry } from './list-trash.js';

export interface ChooseOptions {
  /** Milliseconds since the epoch: what was thrown away first after it is chosen. Undefined: what was thrown away last. */
  readonly sinceMs: number | undefined;
  /** What is true of these comes after all others. */
  readonly isLater: (entry: TrashEntry) => boolean;
  /** An absolute path: where they are sorted. */
  readonly folder: string;
  /** Entries that are sorted in memory at once. */
  readonly runLength?: number;
}

/** One thing of each name, in order of the names, in bounded memory however much there is. Rejects as `pages` or the disk does. */
export async function* chooseTrashed(
  pages: AsyncIterable<readonly TrashEntry[]>,
  { sinceMs, isLater, folder, runLength = 10_000 }: ChooseOptions,
): AsyncGenerator<TrashEntry, void> {
  async function* eligible(): AsyncGenerator<readonly TrashEntry[], void> {
    for await (const page of pages)
      yield sinceMs === undefined ? page : page.filter(({ atMs }) => atMs >= sinceMs);
  }
  const compare = (a: TrashEntry, b: TrashEntry) =>
    Number(isLater(a)) - Number(isLater(b)) ||
    compareNames(a.name, b.name) ||
    compareNames(a.folder, b.folder);

  let chosen: TrashEntry | undefined;
  for await (const entry of sortedOnDisk(eligible(), { compare, folder, runLength })) {
    if (chosen?.name === entry.name && sinceMs !== undefined) continue;
    if (chosen !== undefined && chosen.name !== entry.name) yield chosen;
    chosen = entry;
  }
  if (chosen !== undefined) yield chosen;
}
