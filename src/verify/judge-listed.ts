import type { ObjectInfo } from '../drivers/call.js';
import { findChecksum } from '../drivers/digest.js';
import type { ObjectRecord } from '../state/object-index.js';
import { isHashedInParts } from '../sync/digests.js';
import type { Verdict } from './verify-events.js';

/** The verdicts that a listing, or a HEAD, and the index lead to. */
export type ListedVerdict = Extract<
  Verdict,
  'listed' | 'missing' | 'changed' | 'wrong-size' | 'extraneous' | 'unconfirmed'
>;

/**
 * Compares what the container says of an object with its record. Pure. `hasLargeSizes` false: an object that is made of
 * others may be listed as one of 0 bytes. At least one of both is there.
 */
export function judgeListed(
  record: ObjectRecord | undefined,
  info: ObjectInfo | undefined,
  hasLargeSizes: boolean,
): ListedVerdict {
  if (record === undefined) return 'extraneous';
  if (record.state === 'sending') return 'unconfirmed';
  if (info === undefined) return 'missing';
  const saysNoSize = info.size === 0 && !hasLargeSizes;
  if (info.size !== record.size && !saysNoSize) return 'wrong-size';
  const md5 = findChecksum(info.checksums, 'md5')?.hex;
  if (md5 !== undefined && !isHashedInParts(record))
    return md5 === record.md5 ? 'listed' : 'changed';
  const { etag } = info.extra;
  return etag === undefined || record.etag === undefined || etag === record.etag
    ? 'listed'
    : 'changed';
}
