import { packObjects, unpackObjects } from '../../drivers/packed-objects.js';
import { compareNames } from '../../utf8-order.js';
import { sortedOnDisk } from '../sorted-on-disk.js';
import type { RemotePage } from './remote-page.js';

export interface SortedListingOptions {
  /** Objects that are sorted in memory at once. */
  readonly runLength?: number;
  readonly pageLength?: number;
}

/** `etag` true: it is the MD5 in quotes, as that of most objects of S3 is. */
type Row = readonly [key: string, size: number, md5: string | null, etag: string | true | null];

/**
 * The same objects in the order of UTF-8 bytes, for providers that list in another, sorted in a file of `folder`. Of a name
 * that was listed twice the later is given. Rejects as the listing or the disk does.
 */
export async function* sortedListing(
  listing: AsyncIterable<RemotePage>,
  folder: string,
  { runLength = 10_000, pageLength = 1000 }: SortedListingOptions = {},
): AsyncGenerator<RemotePage, void> {
  let inspected = true;
  async function* rows(): AsyncGenerator<readonly Row[], void> {
    for await (const page of listing) {
      inspected &&= page.inspected;
      yield unpackObjects(page.objects).map(
        ({ key, size, md5, etag }): Row => [key, size, md5 ?? null, shortEtag(etag, md5)],
      );
    }
  }

  let sorted: Row[] = [];
  for await (const row of sortedOnDisk(rows(), { compare: byName, folder, runLength })) {
    if (sorted.at(-1)?.[0] === row[0]) sorted.pop();
    else if (sorted.length >= pageLength) {
      yield pageOfRows(sorted, inspected);
      sorted = [];
    }
    sorted.push(row);
  }
  if (sorted.length > 0) yield pageOfRows(sorted, inspected);
}

function shortEtag(etag: string | undefined, md5: string | undefined): string | true | null {
  return md5 !== undefined && etag === `"${md5}"` ? true : (etag ?? null);
}

function byName([a]: Row, [b]: Row): number {
  return compareNames(a, b);
}

function pageOfRows(rows: readonly Row[], inspected: boolean): RemotePage {
  const objects = rows.map(([key, size, md5, etag]) => ({
    key,
    size,
    md5: md5 ?? undefined,
    etag: etag === true ? `"${md5}"` : (etag ?? undefined),
  }));
  return { objects: packObjects(objects), inspected };
}
