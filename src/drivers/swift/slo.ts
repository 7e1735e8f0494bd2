import { createHash } from 'node:crypto';
import type { Part } from '../capabilities.js';

// https://docs.openstack.org/swift/latest/overview_large_objects.html#static-large-objects

/** The manifest that makes one object of segments. Swift checks each segment's ETag and size before it accepts the manifest. */
export function manifestOf(parts: readonly Part[], pathOf: (part: Part) => string): Buffer {
  const entries = parts.map((part) => ({
    path: pathOf(part),
    etag: part.receipt,
    size_bytes: part.size,
  }));
  return Buffer.from(JSON.stringify(entries));
}

/** The ETag, without quotes, of a static large object of segments with these. */
export function manifestEtag(segmentEtags: readonly string[]): string {
  const hash = createHash('md5');
  for (const etag of segmentEtags) hash.update(etag);
  return hash.digest('hex');
}
