// What the sink knows of the objects that were put, and how it lists them: both versions of the listing, in pages of
// 1,000, with or without a delimiter. Names must need no escaping.

export interface Part {
  readonly size: number;
  /** Hex, of its bytes: an MD5, or a SHA-1. */
  readonly digest: string;
}

export interface Kept {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** As the client wrote it. */
  readonly mtime: string | undefined;
  /** Of a multipart upload, in order; one for any other object. */
  readonly parts: readonly Part[];
  /** What B2 says of it: that of the whole, or `none` of a large file. */
  readonly sha1?: string;
  /**
   * Of longshore's own small objects, and of those that are there from the beginning: the content, or what it repeats up to its
   * size. Of others none is kept.
   */
  readonly content?: Buffer;
}

interface Bucket {
  readonly objects: Map<string, Kept>;
  /** Names in order; undefined after a change. */
  sorted: readonly string[] | undefined;
}

const buckets = new Map<string, Bucket>();
const PAGE = 1000;
/** When each object was last modified, in listings. */
export const TIME = '2026-01-01T00:00:00.000Z';

function bucketOf(name: string): Bucket {
  const known = buckets.get(name);
  if (known !== undefined) return known;
  const bucket: Bucket = { objects: new Map(), sorted: undefined };
  buckets.set(name, bucket);
  return bucket;
}

export function find(bucket: string, key: string): Kept | undefined {
  return buckets.get(bucket)?.objects.get(key);
}

export function keep(name: string, key: string, kept: Kept): void {
  const bucket = bucketOf(name);
  // A new version of an object changes no name: sorting 100,000 of them again would slow the clients down.
  if (!bucket.objects.has(key)) bucket.sorted = undefined;
  bucket.objects.set(key, kept);
}

export function remove(name: string, key: string): void {
  const bucket = bucketOf(name);
  if (bucket.objects.delete(key)) bucket.sorted = undefined;
}

export function objectsOf(name: string): ReadonlyMap<string, Kept> {
  return bucketOf(name).objects;
}

/** In order. */
export function namesOf(name: string): readonly string[] {
  const bucket = bucketOf(name);
  bucket.sorted ??= [...bucket.objects.keys()].sort();
  return bucket.sorted;
}

/** The answer to one request for a page, as S3 gives it. */
export function listing(name: string, query: URLSearchParams): string {
  const bucket = bucketOf(name);
  const names = namesOf(name);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after =
    query.get('continuation-token') ?? query.get('start-after') ?? query.get('marker') ?? '';
  const limit = Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));

  let at =
    after === '' || after < prefix
      ? firstFrom(names, prefix)
      : firstFrom(names, pastAll(after, delimiter));
  let entries = '';
  let count = 0;
  let last = '';
  while (count < limit) {
    const key = names[at];
    if (key === undefined || !key.startsWith(prefix)) break;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    last = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    entries +=
      cut < 0
        ? entry(key, bucket.objects.get(key))
        : `<CommonPrefixes><Prefix>${last}</Prefix></CommonPrefixes>`;
    at = cut < 0 ? at + 1 : firstFrom(names, pastAll(last, delimiter));
    count += 1;
  }
  const more = names[at]?.startsWith(prefix) === true;
  const next = more
    ? `<NextContinuationToken>${last}</NextContinuationToken><NextMarker>${last}</NextMarker>`
    : '';
  return `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${name}</Name><Prefix>${prefix}</Prefix><KeyCount>${count}</KeyCount><MaxKeys>${limit}</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${entries}</ListBucketResult>`;
}

function entry(key: string, kept: Kept | undefined): string {
  return `<Contents><Key>${key}</Key><LastModified>${TIME}</LastModified><ETag>&quot;${kept?.etag}&quot;</ETag><Size>${kept?.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

/** The least text that sorts after `name`, and after everything below it when it is a common prefix. */
function pastAll(name: string, delimiter: string): string {
  return delimiter !== '' && name.endsWith(delimiter) ? `${name}\uffff` : `${name}\0`;
}

function firstFrom(names: readonly string[], wanted: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
