import type { ObjectInfo } from '../../drivers/call.js';
import type { ExpectedContent } from '../../drivers/capabilities.js';
import type { RemoteFact } from '../decide.js';
import { mtimeNsIn } from './object-metadata.js';
import type { Confirmed } from './object-store.js';

/** Whether the object has the ETag that it had with this content: then only its metadata has changed. */
export function isSameVersion({ extra }: ObjectInfo, { etag }: ExpectedContent): boolean {
  return etag !== undefined && extra['etag'] === etag;
}

/** What an ObjectInfo says of the object's content; it was not read. */
export function remoteFact({ size, checksums, extra }: ObjectInfo): RemoteFact {
  const md5 = checksums.find(({ algorithm }) => algorithm === 'md5')?.hex;
  const etag = extra['etag'];
  const fact: { -readonly [Field in keyof RemoteFact]: RemoteFact[Field] } = {
    size,
    inspected: false,
  };
  if (md5 !== undefined) fact.md5 = md5;
  if (typeof etag === 'string') fact.etag = etag;
  return fact;
}

/** The same from a HEAD of the object, which has its metadata too. */
export function factOfHead(info: ObjectInfo): RemoteFact {
  const mtimeNs = mtimeNsIn(info.metaData);
  return { ...remoteFact(info), ...(mtimeNs === undefined ? {} : { mtimeNs }) };
}

/** What the provider confirmed of an object with this content: `md5`, its number of bytes per part, its ETag and version. */
export function confirmedBy(
  { extra }: ObjectInfo,
  md5: string,
  partSize: number | undefined,
): Confirmed {
  const { etag, versionId } = extra as { readonly etag?: unknown; readonly versionId?: unknown };
  return {
    md5,
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof versionId === 'string' ? { versionId } : {}),
    ...(partSize === undefined ? {} : { partSize }),
  };
}
