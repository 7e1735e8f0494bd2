import { parseTime } from '../../clock.js';
import type { Checksum, ObjectInfo, ObjectRef } from '../call.js';
import { extraOfHeaders } from '../http/content-headers.js';
import type { HttpHeaders } from '../http/exchange.js';
import { metaDataOf } from '../http/metadata-headers.js';
import { decodeMetadataValue, METADATA_PREFIX } from './metadata.js';

/** The content's MD5, where a large object has no ETag that is one. Ours, and no part of what callers see as metadata. */
export const MD5_METADATA = `${METADATA_PREFIX}longshore-md5`;

/** `UPLOAD OWNER`: the upload of ours whose segments a large object is made of, and for which object they were sent. */
export const SEGMENTS_METADATA = `${METADATA_PREFIX}longshore-segments`;

/** What Ceph says of every static large object beside X-Static-Large-Object. Its COPY copies the manifest, not the content. */
export const CEPH_MANIFEST = `${METADATA_PREFIX}static-large-object`;

export function isCephManifest(headers: HttpHeaders): boolean {
  return headers[CEPH_MANIFEST] !== undefined;
}

const OWN_METADATA: ReadonlySet<string> = new Set([MD5_METADATA, SEGMENTS_METADATA, CEPH_MANIFEST]);

/** How an object is made of others: by a manifest that names its segments, or by a prefix that they share. */
export function largeKind(headers: HttpHeaders): 'static' | 'dynamic' | undefined {
  if (/^true$/i.test(headers['x-static-large-object'] ?? '')) return 'static';
  return headers['x-object-manifest'] === undefined ? undefined : 'dynamic';
}

/** An object of `size` bytes as the answer to HEAD describes it. */
export function infoFromHeaders(ref: ObjectRef, size: number, headers: HttpHeaders): ObjectInfo {
  const metaData = metaDataOf(headers, METADATA_PREFIX, decodeMetadataValue, OWN_METADATA);
  return { size, checksums: checksumsOf(headers), metaData, extra: extraFrom(headers), ...ref };
}

/** The ETag of a large object is made of those of its segments, and no digest of its content. */
export function checksumsOf(headers: HttpHeaders): readonly Checksum[] {
  const md5 = headers[largeKind(headers) === undefined ? 'etag' : MD5_METADATA];
  const hex = /^"?([0-9a-f]{32})"?$/i.exec(md5 ?? '')?.[1]?.toLowerCase();
  return hex === undefined ? [] : [{ algorithm: 'md5', hex }];
}

export function extraFrom(headers: HttpHeaders): Record<string, unknown> {
  const extra: Record<string, unknown> = extraOfHeaders(headers);
  if (headers['etag'] !== undefined) extra['etag'] = quoted(headers['etag']);
  // Last-Modified is rounded up to whole seconds.
  const seconds = Number(headers['x-timestamp'] ?? Number.NaN);
  const modified = Number.isFinite(seconds)
    ? Math.round(seconds * 1000)
    : parseTime(headers['last-modified'] ?? '');
  if (modified !== undefined) extra['lastModified'] = modified;
  const large = largeKind(headers);
  if (large !== undefined) extra['largeObject'] = large;
  if (headers['x-delete-at'] !== undefined) extra['deleteAt'] = headers['x-delete-at'];
  return extra;
}

/** In quotes, as HTTP has it; Swift leaves them out, but for large objects. */
export function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}
