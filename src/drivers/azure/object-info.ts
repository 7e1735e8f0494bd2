import { parseTime } from '../../clock.js';
import type { Checksum, ObjectInfo, ObjectRef } from '../call.js';
import { extraOfHeaders } from '../http/content-headers.js';
import type { HttpHeaders } from '../http/exchange.js';
import { metadataIn } from './metadata.js';

/** Answer headers of Azure's own that are worth keeping in `extra`, and their names there. */
const EXTRA = {
  'x-ms-version-id': 'versionId',
  'x-ms-archive-status': 'archiveStatus',
  'x-ms-blob-type': 'blobType',
  'x-ms-copy-status': 'copyStatus',
} as const;
const HEADERS_AND_NAMES = Object.entries(EXTRA);

/** An object of `size` bytes as the answer to HEAD or GET describes it. */
export function infoFromHeaders(ref: ObjectRef, size: number, headers: HttpHeaders): ObjectInfo {
  const { container, key } = ref;
  return {
    container,
    key,
    size,
    checksums: checksumsOf(headers),
    metaData: metadataIn(headers),
    extra: extraFrom(headers),
  };
}

/** The stored MD5: with a range, Content-MD5 would be that of the range. */
function checksumsOf(headers: HttpHeaders): readonly Checksum[] {
  return md5Checksum(headers['x-ms-blob-content-md5'] ?? headers['content-md5']);
}

/** From base64; none where it is no MD5. */
export function md5Checksum(base64: string | undefined): readonly Checksum[] {
  const hex = md5Hex(base64);
  return hex === undefined ? [] : [{ algorithm: 'md5', hex }];
}

export function md5Hex(base64: string | undefined): string | undefined {
  return base64 !== undefined && /^[A-Za-z0-9+/]{22}==$/.test(base64)
    ? Buffer.from(base64, 'base64').toString('hex')
    : undefined;
}

/**
 * What an answer says beyond size, digest and metadata. `storageClass`: the tier, where the object was given one (HEAD says it, GET
 * does not). Libcloud's names for the lease.
 */
export function extraFrom(headers: HttpHeaders): Record<string, unknown> {
  const extra: Record<string, unknown> = extraOfHeaders(headers);
  const { etag } = headers;
  if (etag !== undefined) extra['etag'] = quoted(etag);
  const modified = parseTime(headers['last-modified'] ?? '');
  if (modified !== undefined) extra['lastModified'] = modified;
  for (const [header, name] of HEADERS_AND_NAMES) {
    const value = headers[header];
    if (value !== undefined) extra[name] = value;
  }
  const tier = headers['x-ms-access-tier'];
  if (tier !== undefined && headers['x-ms-access-tier-inferred'] !== 'true')
    extra['storageClass'] = tier;
  if (headers['x-ms-lease-status'] !== undefined)
    extra['lease'] = leaseOf(
      headers['x-ms-lease-status'],
      headers['x-ms-lease-state'],
      headers['x-ms-lease-duration'],
    );
  return extra;
}

export function leaseOf(
  status: string | undefined,
  state: string | undefined,
  duration: string | undefined,
): Readonly<Record<string, string | undefined>> {
  return { status, state, ...(duration !== undefined && { duration }) };
}

/** In quotes, as headers have it; listings leave them out. */
export function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}
