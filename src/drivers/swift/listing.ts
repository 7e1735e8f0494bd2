import type { Backend } from '../backend.js';
import type { Checksum, ObjectInfo } from '../call.js';
import type { SwiftContext } from './context.js';
import { type ListedEntry, listedSize, listedTime, readEntries } from './json.js';
import { checkContainer } from './names.js';
import { quoted } from './object-info.js';
import { nextPage, pageQuery } from './paging.js';

export function listObjects({ client }: SwiftContext): Backend['listObjects'] {
  return async (container, prefix, { after, size }, call) => {
    checkContainer(container);
    const query = pageQuery(prefix, after, size);
    const { body } = await client.request({ method: 'GET', operation: 'getContainer', action: 'list', container, query }, call);
    const items = readEntries(`list in "${container}"`, body).map((entry) => infoOf(container, entry));
    return {
      items,
      next: nextPage(
        `list in "${container}"`,
        items.map(({ key }) => key),
        after,
      ),
    };
  };
}

/** The listing of a static large object has the MD5 of its manifest as hash, and then a `slo_etag` beside it. */
function infoOf(container: string, entry: ListedEntry): ObjectInfo {
  const { name, hash, slo_etag: manifest, content_type: contentType, last_modified: modified } = entry;
  const isStatic = typeof manifest === 'string';
  const isMd5 = !isStatic && typeof hash === 'string' && /^[0-9a-f]{32}$/.test(hash);
  const checksums: readonly Checksum[] = isMd5 ? [{ algorithm: 'md5', hex: hash }] : [];
  const extra: Record<string, unknown> = {};
  if (typeof contentType === 'string') extra['contentType'] = contentType;
  if (typeof modified === 'string') extra['lastModified'] = listedTime(modified);
  if (isStatic) extra['largeObject'] = 'static';
  const etag = isStatic ? manifest : hash;
  if (typeof etag === 'string') extra['etag'] = quoted(etag);
  return { container, key: name, size: listedSize(`list in "${container}"`, entry), checksums, metaData: {}, extra };
}
