import type { Backend } from '../backend.js';
import type { Call, Checksum, ObjectInfo } from '../call.js';
import { StorageError } from '../errors.js';
import { isRangeOver, keysUpTo } from '../key-range.js';
import { eachInParallel } from '../parallel.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { type ListedEntry, listedSize, listedTime, readEntries } from './json.js';
import { checkContainer } from './names.js';
import { infoFromHeaders, quoted } from './object-info.js';
import { nextPage, pageQuery } from './paging.js';

const MD5_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';
/** HEADs of large objects at once. */
const LANES = 8;

export function listObjects({ client, withLarge }: SwiftContext): Backend['listObjects'] {
  /** Ceph lists a static large object with the size of its manifest and the MD5 of nothing: a HEAD says what it is. */
  async function withManifests(
    listed: readonly ObjectInfo[],
    call: Call,
  ): Promise<readonly ObjectInfo[]> {
    if (!listed.some(isCephEntry)) return listed;
    const seen = new Map<string, ObjectInfo | undefined>();
    await eachInParallel(
      listed.filter(isCephEntry),
      LANES,
      call.signal,
      async ({ container, key }, signal) => {
        const about = {
          method: 'HEAD',
          operation: 'headObject',
          action: 'look up',
          container,
          key,
          accept: 404,
        } as const;
        const { status, headers } = await client.request(about, { signal });
        const size = Number(headers['content-length'] ?? Number.NaN);
        if (status !== 404 && !Number.isSafeInteger(size))
          throw new StorageError(`look up "${key}" in "${container}": the answer has no size`, {
            driver: SWIFT,
            retry: 'backoff',
          });
        seen.set(
          key,
          status === 404 ? undefined : infoFromHeaders({ container, key }, size, headers),
        );
      },
    );
    return listed.flatMap((item) => (seen.has(item.key) ? (seen.get(item.key) ?? []) : item));
  }

  return async (container, prefix, { range = {}, after = range.after, size }, call) => {
    checkContainer(container);
    const query = pageQuery(prefix, after, size);
    const { body } = await client.request(
      { method: 'GET', operation: 'getContainer', action: 'list', container, query },
      call,
    );
    const listed = readEntries(`list in "${container}"`, body).map((entry) =>
      infoOf(container, entry),
    );
    const keys = listed.map(({ key }) => key);
    const next = nextPage(`list in "${container}"`, keys, after);
    const items = await withManifests(keysUpTo(listed, range), call);
    if (items.some(({ extra }) => extra['largeObject'] !== undefined)) withLarge.add(container);
    return { items, next: isRangeOver(listed, range) ? undefined : next };
  };
}

function isCephEntry({ size, checksums }: ObjectInfo): boolean {
  return size > 0 && checksums.some(({ hex }) => hex === MD5_OF_NOTHING);
}

/** The listing of a static large object has the MD5 of its manifest as hash, and then a `slo_etag` beside it. */
function infoOf(container: string, entry: ListedEntry): ObjectInfo {
  const {
    name,
    hash,
    slo_etag: manifest,
    content_type: contentType,
    last_modified: modified,
  } = entry;
  const isStatic = typeof manifest === 'string';
  const isMd5 = !isStatic && typeof hash === 'string' && /^[0-9a-f]{32}$/.test(hash);
  const checksums: readonly Checksum[] = isMd5 ? [{ algorithm: 'md5', hex: hash }] : [];
  const extra: Record<string, unknown> = {};
  if (typeof contentType === 'string') extra['contentType'] = contentType;
  if (typeof modified === 'string') extra['lastModified'] = listedTime(modified);
  if (isStatic) extra['largeObject'] = 'static';
  const etag = isStatic ? manifest : hash;
  if (typeof etag === 'string') extra['etag'] = quoted(etag);
  return {
    container,
    key: name,
    size: listedSize(`list in "${container}"`, entry),
    checksums,
    metaData: {},
    extra,
  };
}
