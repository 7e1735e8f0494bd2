import { compareNames } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import type { ObjectInfo, Page } from '../call.js';
import { StorageError } from '../errors.js';
import type { S3Context } from './context.js';
import { decodeListed } from './encode.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import { type ListedObject, readListing } from './listing-xml.js';
import { checkContainer } from './names.js';

const PAGE_LIMIT = 1000;

export function listObjects({ client, profile, etags }: S3Context): Backend['listObjects'] {
  return async (
    container,
    prefix,
    { after, size = PAGE_LIMIT },
    call,
  ): Promise<Page<ObjectInfo>> => {
    checkContainer(container);
    const position =
      profile.listing === 'v2'
        ? { 'list-type': '2', 'continuation-token': after }
        : { marker: after };
    const query = {
      ...position,
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
    const next = nextPage(container, listing, items);
    if (next !== undefined && next === after) throw notAdvancing(container);
    return { items, next };

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
  };

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
