import { compareNames } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import type { Call, KeyRange, ObjectInfo, Page, PageRequest } from '../call.js';
import { RangeIgnoredError, StorageError } from '../errors.js';
import { isRangeOver, keysUpTo } from '../key-range.js';
import type { S3Context } from './context.js';
import { decodeListed } from './encode.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import { type ListedObject, readListing } from './listing-xml.js';
import { checkContainer } from './names.js';

const PAGE_LIMIT = 1000;

export interface S3Listing extends Pick<Backend, 'listObjects'> {
  /** 1 once the provider has ignored the beginning of a range. */
  pagesAtOnce(): number;
}

export function s3Listing({ client, profile, etags }: S3Context): S3Listing {
  let ignoresRanges = false;

  async function listObjects(
    container: string,
    prefix: string,
    { after, size = PAGE_LIMIT, range = {} }: PageRequest,
    call: Call,
  ): Promise<Page<ObjectInfo>> {
    checkContainer(container);
    const query = {
      ...positionOf(after, range),
      'encoding-type': 'url',
      'max-keys': String(Math.min(size, PAGE_LIMIT)),
      ...(prefix !== '' && { prefix }),
    };
    const action = 'list';
    const answer = await client.request(
      { method: 'GET', operation: 'listObjects', action, container, query },
      call,
    );
    const listing = readListing(answer.body.toString('utf8'));
    if (listing === undefined) {
      throw new StorageError(`list in "${container}": the answer is not a whole listing`, {
        driver: S3,
        retry: 'backoff',
      });
    }
    const decode = listing.encoded ? decodeListed : (text: string) => text;
    const items = listing.objects.map((object) => toInfo(object, decode(object.key)));
    refuseDisorder(items);
    refuseOtherRange(container, items[0]?.key, range);
    const next = isRangeOver(items, range) ? undefined : nextPage(container, listing, items);
    if (next !== undefined && next === after) throw notAdvancing(container);
    return { items: keysUpTo(items, range), next };

    function toInfo(
      { size: bytes, etag, lastModified, storageClass }: ListedObject,
      key: string,
    ): ObjectInfo {
      const extra: Record<string, unknown> = { lastModified };
      if (etag !== undefined) extra['etag'] = quoted(etag);
      if (storageClass !== undefined) extra['storageClass'] = storageClass;
      return {
        container,
        key,
        size: bytes,
        checksums: etags.ofListing(container, etag),
        metaData: {},
        extra,
      };
    }
  }

  /** `start-after` is for the first page of V2: later ones have a token. V1 has one parameter for both. */
  function positionOf(after: string | undefined, range: KeyRange) {
    const start = range.after || undefined;
    if (profile.listing === 'v1') return { marker: after ?? start };
    return after === undefined
      ? { 'list-type': '2', 'start-after': start }
      : { 'list-type': '2', 'continuation-token': after };
  }

  function refuseOtherRange(
    container: string,
    first: string | undefined,
    { after }: KeyRange,
  ): void {
    if (first === undefined || after === undefined || compareNames(first, after) > 0) return;
    ignoresRanges = true;
    throw new RangeIgnoredError(
      `list in "${container}": the provider was asked for the keys after "${after}" and began with "${first}"`,
      { driver: S3 },
    );
  }

  function nextPage(
    container: string,
    listing: NonNullable<ReturnType<typeof readListing>>,
    items: readonly ObjectInfo[],
  ) {
    if (!listing.truncated) return undefined;
    if (profile.listing === 'v2' && listing.nextToken !== undefined) return listing.nextToken;
    // V1's marker is the last key. NextMarker is not asked: where keys are encoded, Ceph gives it raw and AWS does not.
    const marker = items.at(-1)?.key ?? listing.nextMarker;
    if (marker === undefined || profile.listing === 'v2') throw notAdvancing(container);
    return marker;
  }

  return { listObjects, pagesAtOnce: () => (ignoresRanges ? 1 : profile.concurrency) };
}

function notAdvancing(container: string): StorageError {
  return new StorageError(
    `list in "${container}": the provider says that there is more, but not where to go on`,
    {
      driver: S3,
      retry: 'backoff',
    },
  );
}

/** Comparing streams depends on the order: with a wrong one, objects would be taken for missing. */
function refuseDisorder(items: readonly ObjectInfo[]): void {
  let previous: string | undefined;
  for (const { key } of items) {
    if (previous !== undefined && compareNames(previous, key) >= 0)
      throw new StorageError(
        `list: "${key}" came after "${previous}", which is not UTF-8 byte order`,
        { driver: S3 },
      );
    previous = key;
  }
}
