import type { DownloadedAttributes } from '../../drivers/download.js';
import { isCopiedTime } from '../../file-time.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Policy } from '../decide.js';
import { isRecordedLink, LINK_KEY } from '../linked-file.js';
import { attributeMetadata, isPackKey } from './attribute-metadata.js';

const NS_PER_SECOND = 1_000_000_000n;
/** Where rclone keeps the MD5 of an object in parts (its S3 backend), in base64. */
export const MD5_KEY = 'md5chksum';
const FILE_TYPE_BITS = { file: 0o100000, symlink: 0o120000, folder: 0o040000 } as const;

/**
 * What is kept with an object of its file, under the names and in the forms that rclone reads and writes
 * (rclone.org/docs/#metadata and the local backend's system metadata): `mtime` in seconds with nanoseconds as decimals,
 * `mode` as octal text with the file type's bits, `uid` and `gid` in decimal, `md5chksum` in base64; extended attributes as
 * attribute-metadata.ts says.
 * `md5`: hex, of the content, when the object is to tell it.
 */
export function objectMetadata(
  entry: LocalEntry,
  policy: Pick<Policy, 'metadata'>,
  md5?: string,
): Readonly<Record<string, string>> {
  const { metadata } = policy;
  return {
    ...(metadata.mtime ? { mtime: secondsText(entry.mtimeNs) } : {}),
    ...(metadata.mode ? { mode: (entry.mode | FILE_TYPE_BITS[entry.kind]).toString(8) } : {}),
    ...(metadata.owner ? { uid: String(entry.uid), gid: String(entry.gid) } : {}),
    ...(entry.attributes === undefined ? {} : attributeMetadata(entry.attributes)),
    ...(isRecordedLink(entry, policy) ? { [LINK_KEY]: String(entry.inode) } : {}),
    ...(md5 === undefined ? {} : { [MD5_KEY]: Buffer.from(md5, 'hex').toString('base64') }),
  };
}

/**
 * `stale`: it says something else of the file than is so. `incomplete`: it does not say when the file was changed, or the MD5
 * of its content, and should.
 */
export type MetadataState = 'current' | 'stale' | 'incomplete';

/** The metadata that no object may lack which is to have it. */
const NEEDED = ['mtime', MD5_KEY, LINK_KEY];

/**
 * Modes and owners that an object does not tell were never kept with it: what another tool put there is left. `md5`: see
 * objectMetadata.
 */
export function metadataState(
  found: Readonly<Record<string, string>>,
  entry: LocalEntry,
  policy: Pick<Policy, 'metadata'>,
  md5?: string,
): MetadataState {
  const wanted = objectMetadata(entry, policy, md5);
  const contradicts = Object.entries(wanted).some(([key, value]) => {
    const said = found[key];
    if (said === undefined || said === value) return false;
    return key !== 'mtime' || !isTimeOf(said, entry);
  });
  const { attributes } = entry;
  // A pack that is left of attributes that the file has no more. What else may be one is another tool's, perhaps.
  const isOutdated =
    attributes !== undefined &&
    Object.keys(found).some((key) => isPackKey(key) && wanted[key] === undefined);
  if (contradicts || isOutdated) return 'stale';
  const needed = [...NEEDED, ...Object.keys(attributeMetadata(attributes ?? {}))];
  return needed.some((key) => wanted[key] !== undefined && found[key] === undefined)
    ? 'incomplete'
    : 'current';
}

/**
 * Whether an object says a file's time, in any form (rclone leaves out zeros at the end), or a more precise one that the file got
 * it from.
 */
function isTimeOf(mtime: string, file: Pick<LocalEntry, 'mtimeNs'>): boolean {
  const ns = mtimeNsIn({ mtime });
  return ns !== undefined && isCopiedTime(file.mtimeNs, ns);
}

/**
 * The reverse, for a file that is made of an object: what of its metadata has these forms. Who could become another
 * user by the mode's special bits is not asked for.
 */
export function fileAttributes({
  mtime,
  mode,
}: Readonly<Record<string, string>>): DownloadedAttributes {
  return {
    ...(mtime !== undefined && /^-?\d{1,12}(\.\d{1,9})?$/.test(mtime) ? { mtime } : {}),
    ...(mode !== undefined && /^[0-7]{1,6}$/.test(mode)
      ? { mode: Number.parseInt(mode, 8) & 0o777 }
      : {}),
  };
}

/** When the file of an object was modified, in nanoseconds since the epoch; undefined when its metadata does not say. */
export function mtimeNsIn({ mtime }: Readonly<Record<string, string>>): bigint | undefined {
  const [, sign, seconds = '', fraction = ''] =
    /^(-?)(\d{1,19})(?:\.(\d{0,9}))?$/.exec(mtime ?? '') ?? [];
  if (sign === undefined) return undefined;
  const ns = BigInt(seconds) * NS_PER_SECOND + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -ns : ns;
}

/** Nanoseconds since the epoch as decimal seconds. Times before 1970 are negative as a whole: -0.5 s is `-0.500000000`. */
export function secondsText(ns: bigint): string {
  const positive = ns < 0n ? -ns : ns;
  const text = `${positive / NS_PER_SECOND}.${String(positive % NS_PER_SECOND).padStart(9, '0')}`;
  return ns < 0n ? `-${text}` : text;
}
