import { compareNames, isWellFormed } from '../utf8-order.js';
import type { IndexRange, ObjectName } from './object-index.js';

/**
 * The longest key that LMDB takes with pages of 8 KiB (lmdb-js, `MAX_KEY_SIZE`). Amazon S3 allows names of 1,024 bytes,
 * and Linux paths of 4,096.
 */
export const LONGEST_NAME_BYTES = 4026;

/** A name's UTF-8 bytes: what both engines order by. @throws RangeError for a name that an index cannot hold. */
export function keyOf(name: ObjectName): Buffer {
  const key = Buffer.from(name, 'utf8');
  if (isHeld(name, key)) return key;
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  throw new RangeError(
    `the index cannot hold the object name ${shown} (${key.length} bytes): names are valid Unicode of 1 to ${LONGEST_NAME_BYTES} bytes`,
  );
}

/** As `keyOf`; undefined for a name that an index cannot hold, and so does not. */
export function keyIfHeld(name: ObjectName): Buffer | undefined {
  const key = Buffer.from(name, 'utf8');
  return isHeld(name, key) ? key : undefined;
}

function isHeld(name: ObjectName, key: Buffer): boolean {
  // Buffer.from turns each lone surrogate into U+FFFD, and so two names into one.
  return key.length > 0 && key.length <= LONGEST_NAME_BYTES && isWellFormed(name);
}

export function inRange(name: ObjectName, { prefix = '', after, upTo }: IndexRange): boolean {
  return (
    name.startsWith(prefix) &&
    (after === undefined || compareNames(name, after) > 0) &&
    (upTo === undefined || compareNames(name, upTo) <= 0)
  );
}

/** The first key that is beyond every key that begins with `prefix`; undefined when there is none. */
export function keyBeyond(prefix: Uint8Array): Buffer | undefined {
  const last = prefix.findLastIndex((byte) => byte !== 0xff);
  if (last === -1) return undefined;
  const beyond = Buffer.from(prefix.subarray(0, last + 1));
  beyond.writeUInt8(beyond.readUInt8(last) + 1, last);
  return beyond;
}
