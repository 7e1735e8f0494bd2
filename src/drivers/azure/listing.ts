import { parseTime } from '../../clock.js';
import { compareNames } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import type { Call, KeyRange, ObjectInfo } from '../call.js';
import { StorageError } from '../errors.js';
import type { AzureClient } from './client.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { type BlobListing, type ListedBlob, readBlobListing } from './listing-xml.js';
import { decodeMetadata } from './metadata.js';
import { checkContainer } from './names.js';
import { leaseOf, md5Checksum, quoted } from './object-info.js';

/** https://learn.microsoft.com/rest/api/storageservices/list-blobs */
const PAGE_LIMIT = 5_000;

export function listBlobs({ client }: Pick<AzureContext, 'client'>): Backend['listObjects'] {
  return async (container, prefix, { after, size, bare, range = {} }, call) => {
    checkContainer(container);
    const include = bare ? undefined : 'metadata';
    const page = await blobPage(client, { container, prefix, after, size, include }, call);
    const items = page.blobs
      .filter((blob) => !isFolderOfItsOwn(blob) && isWithin(blob.name, range))
      .map((blob) => infoOf(container, blob));
    return { items, next: page.nextMarker };
  };
}

export interface BlobPageRequest {
  readonly container: string;
  readonly prefix: string;
  readonly after: string | undefined;
  readonly size: number | undefined;
  /** What the service adds: `metadata`, `versions`, `uncommittedblobs`, separated by commas. */
  readonly include: string | undefined;
}

/** A page may be empty and not the last. */
export async function blobPage(
  client: AzureClient,
  { container, prefix, after, size = PAGE_LIMIT, include }: BlobPageRequest,
  call: Call,
): Promise<BlobListing> {
  const query = {
    restype: 'container',
    comp: 'list',
    prefix: prefix === '' ? undefined : prefix,
    marker: after,
    maxresults: String(Math.min(size, PAGE_LIMIT)),
    include,
  };
  const { body } = await client.request(
    { method: 'GET', operation: 'listBlobs', action: 'list', container, query },
    call,
  );
  const listing = readBlobListing(body.toString('utf8'));
  if (listing === undefined)
    throw new StorageError(`list in "${container}": the answer is not a whole listing`, {
      driver: AZURE,
      retry: 'backoff',
    });
  return listing;
}

/** The order is not promised, so a range is no end of the listing. */
function isWithin(name: string, { after, upTo }: KeyRange): boolean {
  return (
    (after === undefined || compareNames(name, after) > 0) &&
    (upTo === undefined || compareNames(name, upTo) <= 0)
  );
}

/** Accounts with a hierarchical namespace list their folders as blobs without content. Names of metadata have no case. */
function isFolderOfItsOwn({ fields, metadata = new Map<string, string>() }: ListedBlob): boolean {
  if (fields.get('ResourceType') === 'directory') return true;
  return [...metadata].some(
    ([name, value]) => /^hdi_isfolder$/i.test(name) && /^true$/i.test(value),
  );
}

export function infoOf(container: string, { name, fields, metadata }: ListedBlob): ObjectInfo {
  const size = fields.get('Content-Length') ?? '';
  if (!/^\d+$/.test(size))
    throw new StorageError(`list in "${container}": "${name}" has no size`, {
      driver: AZURE,
      retry: 'backoff',
    });
  return {
    container,
    key: name,
    size: Number(size),
    checksums: md5Checksum(fields.get('Content-MD5')),
    metaData: metadata === undefined ? {} : decodeMetadata(Object.fromEntries(metadata)),
    extra: extraOf(fields),
  };
}

/** Elements of a listing, and their names in `extra`. */
const EXTRA = {
  'Content-Type': 'contentType',
  'Content-Encoding': 'contentEncoding',
  'Content-Language': 'contentLanguage',
  'Cache-Control': 'cacheControl',
  'Content-Disposition': 'contentDisposition',
  ArchiveStatus: 'archiveStatus',
  BlobType: 'blobType',
  VersionId: 'versionId',
} as const;
const FIELDS_AND_NAMES = Object.entries(EXTRA);

function extraOf(fields: ListedBlob['fields']): Record<string, unknown> {
  const extra: Record<string, unknown> = {};
  for (const [field, name] of FIELDS_AND_NAMES) {
    const value = fields.get(field);
    if (value) extra[name] = value;
  }
  const tier = fields.get('AccessTier');
  if (tier && fields.get('AccessTierInferred') !== 'true') extra['storageClass'] = tier;
  const etag = fields.get('Etag');
  if (etag) extra['etag'] = quoted(etag);
  const modified = parseTime(fields.get('Last-Modified') ?? '');
  if (modified !== undefined) extra['lastModified'] = modified;
  const leased = fields.get('LeaseStatus');
  if (leased)
    extra['lease'] = leaseOf(leased, fields.get('LeaseState'), fields.get('LeaseDuration'));
  return extra;
}
