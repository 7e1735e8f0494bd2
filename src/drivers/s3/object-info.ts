import { parseTime } from '../../clock.js';
import type { Checksum, ObjectInfo, ObjectRef } from '../call.js';
import { extraOfHeaders } from '../http/content-headers.js';
import { decodeMetadataValue } from '../http/encoded-words.js';
import type { HttpHeaders } from '../http/exchange.js';
import { metaDataOf } from '../http/metadata-headers.js';
import { quoted } from './etag.js';
import { METADATA_PREFIX } from './metadata.js';

/** Answer headers of S3's own that are worth keeping in `extra`, and their names there. */
const EXTRA = {
  'x-amz-version-id': 'versionId',
  'x-amz-storage-class': 'storageClass',
  'x-amz-server-side-encryption': 'encryption',
  'x-amz-object-lock-mode': 'objectLockMode',
  'x-amz-object-lock-retain-until-date': 'retainUntil',
  'x-amz-restore': 'restore',
} as const;
const HEADERS_AND_NAMES = Object.entries(EXTRA);

/** An object of `size` bytes as the answer to HEAD describes it. */
export function infoFromHeaders(
  ref: ObjectRef,
  size: number,
  headers: HttpHeaders,
  checksums: readonly Checksum[],
): ObjectInfo {
  const metaData = metaDataOf(headers, METADATA_PREFIX, decodeMetadataValue);
  return { size, checksums, metaData, extra: extraFrom(headers), ...ref };
}

/** What an answer says beyond size, digests and metadata. */
export function extraFrom(headers: HttpHeaders): Record<string, unknown> {
  const extra: Record<string, unknown> = extraOfHeaders(headers);
  if (headers['etag'] !== undefined) extra['etag'] = quoted(headers['etag']);
  const modified =
    headers['last-modified'] === undefined ? undefined : parseTime(headers['last-modified']);
  if (modified !== undefined) extra['lastModified'] = modified;
  for (const [header, name] of HEADERS_AND_NAMES) {
    const value = headers[header];
    if (value !== undefined && !(name === 'versionId' && value === 'null')) extra[name] = value;
  }
  return extra;
}
