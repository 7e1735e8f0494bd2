import type { ObjectInfo } from '../drivers/call.js';
import type { ObjectRecord } from '../state/object-index.js';
import { attributesIn } from '../sync/store/attribute-metadata.js';
import { mtimeNsIn } from '../sync/store/object-metadata.js';
import type { FileAttributes } from '../watcher/entry.js';

/** What a restored file is given beside its content. Undefined: it is not known. */
export interface Attributes {
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint | undefined;
  /** Permission and special bits (07777), without those of the file type. */
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Extended attributes and ACLs; empty: there are none. */
  readonly extended: FileAttributes;
}

const MODE_BITS = 0o7777;
const LARGEST_ID = 2 ** 32 - 2; // the largest number itself means "unchanged" (chown(2))

/** The attributes of the file whose bytes were sent, which has no extended ones. */
export function attributesOfRecord({ mtimeNs, mode, uid, gid }: ObjectRecord): Attributes {
  return { mtimeNs, mode: mode & MODE_BITS, uid, gid, extended: {} };
}

/**
 * The attributes in an object's metadata: rclone's (and longshore's) `mtime`, `mode`, `uid` and `gid`, or those that s3cmd
 * stores in one value, `s3cmd-attrs` (S3/FileDict.py and S3.py of s3cmd: `mode:33188/mtime:1700000000/uid:0/…`, all in
 * decimal). What has neither form counts as not there. Without a time, the object's own counts, as with `aws s3 sync`.
 * All other metadata are extended attributes: see attribute-metadata.ts.
 */
export function attributesOfObject({
  metaData,
  extra,
}: Pick<ObjectInfo, 'metaData' | 'extra'>): Attributes {
  const s3cmd = s3cmdAttributes(metaData['s3cmd-attrs']);
  const { lastModified } = extra;
  const stored =
    typeof lastModified === 'number' ? BigInt(Math.trunc(lastModified * 1000)) : undefined;
  return {
    mtimeNs:
      possibleTime(metaData['mtime']) ??
      possibleTime(s3cmd.get('mtime')) ??
      (stored === undefined ? undefined : stored * 1000n),
    mode: octal(metaData['mode']) ?? decimal(s3cmd.get('mode'), 0o177777, MODE_BITS),
    uid: decimal(metaData['uid'] ?? s3cmd.get('uid'), LARGEST_ID),
    gid: decimal(metaData['gid'] ?? s3cmd.get('gid'), LARGEST_ID),
    extended: attributesIn(metaData).attributes,
  };
}

/** Metadata that should be attributes and have no known form, by key: they are not applied. */
export function malformedAttributes({ metaData }: Pick<ObjectInfo, 'metaData'>): readonly string[] {
  const malformed: string[] = [];
  for (const [key, isWrong] of WRONG) {
    const text = metaData[key];
    if (text !== undefined && isWrong(text)) malformed.push(key);
  }
  if (attributesIn(metaData).malformed) malformed.push('longshore-xattr');
  return malformed;
}

const isNoId = (text: string): boolean => decimal(text, LARGEST_ID) === undefined;
const WRONG: readonly (readonly [key: string, isWrong: (text: string) => boolean])[] = [
  ['mtime', (mtime) => possibleTime(mtime) === undefined],
  ['mode', (mode) => octal(mode) === undefined],
  ['uid', isNoId],
  ['gid', isNoId],
];

/** 30,000 years around the epoch: more than any clock says, and less than where Node's times lose whole seconds. */
const MOST_NS = 10n ** 12n * 1_000_000_000n;

/** Nanoseconds since the epoch; undefined for what has another form, and for what no file was ever written at. */
function possibleTime(mtime: string | undefined): bigint | undefined {
  if (mtime === undefined) return undefined;
  const ns = mtimeNsIn({ mtime });
  return ns === undefined || ns > MOST_NS || ns < -MOST_NS ? undefined : ns;
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

function s3cmdAttributes(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return NO_ATTRIBUTES;
  const pairs = text.split('/').map((pair) => pair.split(':', 2) as [string, string?]);
  return new Map(pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function octal(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-7]{1,6}$/.test(text)
    ? Number.parseInt(text, 8) & MODE_BITS
    : undefined;
}

function decimal(text: string | undefined, most: number, bits = -1): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text) || Number(text) > most) return undefined;
  return bits < 0 ? Number(text) : Number(text) & bits;
}
