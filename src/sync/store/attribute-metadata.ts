import type { MetadataLimits } from '../../drivers/metadata-limits.js';
import { compareNames } from '../../utf8-order.js';
import type { FileAttributes } from '../../watcher/entry.js';
import { ACCESS_ACL, DEFAULT_ACL, isKeptAttribute, USER_NAMESPACE } from '../file-attributes.js';
import { isAclValue } from './posix-acl.js';

/*
 * Extended attributes as metadata of an object. Those of the namespace `user.` whose names and values headers carry unchanged
 * have rclone's form (backend/local/xattr.go): the name without the namespace is the key, the value is the value. All
 * others, and ACLs, are packed, and the pack is in base64 under keys of our own, `longshore-xattr-0` and so on: names in
 * capitals, which the keys of metadata do not keep, and binary values among them.
 *
 * A pack is one attribute after the other: its full name in UTF-8, a NUL, the bytes of its value as u32, and these; big-endian.
 */

const PACK_KEY = /^longshore-xattr-(\d{1,3})$/;
const packKey = (number: number): string => `longshore-xattr-${number}`;
/** Swift takes values of 256 bytes. A multiple of four. */
const PACK_VALUE_BYTES = 240;
const PLAIN_VALUE_BYTES = 256;

/** Without `_`: WSGI, through which Swift reads headers, makes `-` of it. */
const PLAIN_KEY = /^[a-z0-9][a-z0-9.-]{0,99}$/;
/** Printable ASCII without blanks at the ends or side by side, which headers lose. */
const PLAIN_VALUE = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** Keys that say something else, to longshore, rclone (its backends "local" and "s3") or s3cmd. */
const TAKEN_KEYS = new Set([
  ...['mtime', 'atime', 'btime', 'mode', 'uid', 'gid', 'rdev'],
  ...['md5chksum', 'hardlink', 's3cmd-attrs', 'tier'],
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language'],
  'content-type',
]);

/** The metadata of an object that has these attributes. */
export function attributeMetadata(attributes: FileAttributes): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  const packed: Buffer[] = [];
  for (const [name, base64] of Object.entries(attributes)) {
    const value = Buffer.from(base64, 'base64');
    const key = plainKey(name);
    const text = value.toString('latin1');
    if (key !== undefined && isPlainValue(text)) metadata[key] = text;
    else packed.push(packOf(name, value));
  }
  const pack = Buffer.concat(packed).toString('base64');
  for (let at = 0, number = 0; at < pack.length; at += PACK_VALUE_BYTES, number += 1)
    metadata[packKey(number)] = pack.slice(at, at + PACK_VALUE_BYTES);
  return metadata;
}

/** The key that an attribute has where its value is plain; undefined: it is packed. */
function plainKey(name: string): string | undefined {
  if (!name.startsWith(USER_NAMESPACE)) return undefined;
  const key = name.slice(USER_NAMESPACE.length);
  return isAttributeKey(key) ? key : undefined;
}

function isAttributeKey(key: string): boolean {
  return PLAIN_KEY.test(key) && !TAKEN_KEYS.has(key) && !key.startsWith('longshore-');
}

function isPlainValue(text: string): boolean {
  return PLAIN_VALUE.test(text) && !text.includes('=?') && sentBytes(text) <= PLAIN_VALUE_BYTES;
}

/** Of a value in a header: Swift's driver makes three characters of "%". */
function sentBytes(value: string): number {
  return value.length + 2 * (value.split('%').length - 1);
}

function packOf(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from(`${name}\0`), length, value]);
}

/** Whether a key of an object's metadata is part of a pack: then longshore put it there. */
export function isPackKey(key: string): boolean {
  return PACK_KEY.test(key);
}

/** The attributes in an object's metadata. `malformed`: the pack is not what longshore writes, and nothing is taken from it. */
export function attributesIn(metaData: Readonly<Record<string, string>>): {
  readonly attributes: FileAttributes;
  readonly malformed: boolean;
} {
  const plain = Object.entries(metaData)
    .filter(([key]) => isAttributeKey(key))
    .map(([key, value]) => [USER_NAMESPACE + key, Buffer.from(value).toString('base64')] as const);
  const packed = unpack(metaData);
  const all = [...plain, ...(packed ?? [])].sort(([a], [b]) => compareNames(a, b));
  return { attributes: Object.fromEntries(all), malformed: packed === undefined };
}

/** Undefined: malformed. */
function unpack(
  metaData: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] | undefined {
  const count = Object.keys(metaData).filter(isPackKey).length;
  const texts = Array.from({ length: count }, (_, number) => metaData[packKey(number)]);
  const base64 = texts.join('');
  const bytes = Buffer.from(base64, 'base64');
  if (texts.includes(undefined) || bytes.toString('base64') !== base64) return undefined;
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const nul = bytes.indexOf(0, at);
    const start = nul + 5;
    if (nul <= at || start > bytes.length) return undefined;
    const end = start + bytes.readUInt32BE(nul + 1);
    const name = bytes.toString('utf8', at, nul);
    const value = bytes.subarray(start, end);
    if (end > bytes.length || !mayBeSet(name, value)) return undefined;
    found.push([name, value.toString('base64')]);
    at = end;
  }
  return found;
}

/** Whatever a container says: nothing but these is ever set on a file. */
function mayBeSet(name: string, value: Buffer): boolean {
  if (!isKeptAttribute(name, { xattr: true, acl: true }) || name.includes('\ufffd')) return false;
  return name === ACCESS_ACL || name === DEFAULT_ACL ? isAclValue(value) : true;
}

/** What of the metadata every object has beside attributes, at the most; bytes and lines. */
const OTHERS = { bytes: 256, lines: 8 } as const;
/** The longest name that a driver's headers have before a key: some providers count it. */
const PREFIX_BYTES = 14;

/**
 * The attributes that an object's metadata has room for, and the names of those that are skipped: ACLs come first, then the
 * others in the order of their names, each that still fits.
 */
export function fitAttributes(
  attributes: FileAttributes,
  limits: MetadataLimits,
): { readonly kept: FileAttributes; readonly skipped: readonly string[] } {
  if (hasRoom(attributes, limits)) return { kept: attributes, skipped: [] };
  let kept: FileAttributes = {};
  const skipped: string[] = [];
  const isAcl = (name: string) => (name.startsWith(USER_NAMESPACE) ? 1 : 0);
  const byWeight = Object.entries(attributes).sort(([a], [b]) => isAcl(a) - isAcl(b));
  for (const [name, value] of byWeight) {
    const more = inOrder({ ...kept, [name]: value });
    if (hasRoom(more, limits)) kept = more;
    else skipped.push(name);
  }
  return { kept, skipped };
}

function inOrder(attributes: FileAttributes): FileAttributes {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => compareNames(a, b)));
}

function hasRoom(attributes: FileAttributes, { bytes, lines }: MetadataLimits): boolean {
  const needed = Object.entries(attributeMetadata(attributes));
  const sent = needed.reduce(
    (sum, [key, value]) => sum + PREFIX_BYTES + key.length + sentBytes(value),
    0,
  );
  return sent <= bytes - OTHERS.bytes && needed.length <= lines - OTHERS.lines;
}
