import type { BigIntStats } from 'node:fs';
import { type FileVersion, isVersion } from '../../file-stat.js';
import { fitsInt64, joinTime, splitTime } from '../../file-time.js';

/** What is known of an object beyond its file, and the version of the file for which it holds. */
export interface ObjectRecord {
  readonly file: FileVersion;
  /** Lower-case hex of the content; undefined: not computed. */
  readonly md5: string | undefined;
  readonly about: About;
}

/** JSON of [content type or null, metadata]: passed on unparsed wherever possible. */
export type About = string & { readonly about: unique symbol };

export type MetaData = Readonly<Record<string, string>>;

export function writeAbout(contentType: string | undefined, metaData: MetaData): About {
  return JSON.stringify([contentType ?? null, metaData]) as About;
}

export function readAbout(about: About): {
  readonly contentType: string | undefined;
  readonly metaData: MetaData;
} {
  const [contentType, metaData] = JSON.parse(about) as ParsedAbout;
  return { contentType: contentType ?? undefined, metaData };
}

export type ParsedAbout = readonly [string | null, MetaData];

// Layout: version, flags, size, mtime, ctime, inode, md5, about. Version 1 has the times as 64-bit nanoseconds.
// Version 2, for times beyond those, as 64-bit seconds, with their nanoseconds (u32 each) in front of `about`.
const HAS_MD5 = 1;
const AT = {
  version: 0,
  flags: 1,
  size: 2,
  mtime: 10,
  ctime: 18,
  inode: 26,
  md5: 34,
  end: 50,
} as const;
const NANOSECONDS_BYTES = 8;

export function encodeRecord({ file, md5, about }: ObjectRecord): Buffer {
  const wide = !fitsInt64(file.mtimeNs) || !fitsInt64(file.ctimeNs);
  const aboutAt = AT.end + (wide ? NANOSECONDS_BYTES : 0);
  const bytes = Buffer.alloc(aboutAt + Buffer.byteLength(about));
  bytes[AT.version] = wide ? 2 : 1;
  bytes[AT.flags] = md5 === undefined ? 0 : HAS_MD5;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); // faster than a Buffer with a bigint
  view.setFloat64(AT.size, file.size, true);
  view.setBigUint64(AT.inode, file.inode, true);
  if (wide) {
    [file.mtimeNs, file.ctimeNs].forEach((ns, which) => {
      const { seconds, nanoseconds } = splitTime(ns);
      view.setBigInt64(AT.mtime + 8 * which, seconds, true);
      view.setUint32(AT.end + 4 * which, nanoseconds, true);
    });
  } else {
    view.setBigInt64(AT.mtime, file.mtimeNs, true);
    view.setBigInt64(AT.ctime, file.ctimeNs, true);
  }
  if (md5 !== undefined) bytes.write(md5, AT.md5, 'hex');
  bytes.write(about, aboutAt);
  return bytes;
}

/** A record as it was found. Its fields are read from its bytes when they are asked for: a listing needs few of them. */
export interface StoredRecord extends ObjectRecord {
  /** Whether it was made for this very state of the file. */
  isOf(stat: BigIntStats): boolean;
}

/** Undefined for a record of another version, which then counts as none. */
export function decodeRecord(bytes: Buffer): StoredRecord | undefined {
  const version = bytes[AT.version];
  if (version === 1) return bytes.length < AT.end ? undefined : new RecordBytes(bytes, false);
  if (version === 2)
    return bytes.length < AT.end + NANOSECONDS_BYTES ? undefined : new RecordBytes(bytes, true);
  return undefined;
}

class RecordBytes implements StoredRecord {
  readonly #bytes: Buffer;
  readonly #wide: boolean;

  constructor(bytes: Buffer, wide: boolean) {
    this.#bytes = bytes;
    this.#wide = wide;
  }

  get file(): FileVersion {
    const bytes = this.#bytes;
    return {
      size: bytes.readDoubleLE(AT.size),
      mtimeNs: this.#time(0),
      ctimeNs: this.#time(1),
      inode: bytes.readBigUInt64LE(AT.inode),
    };
  }

  #time(which: 0 | 1): bigint {
    const bytes = this.#bytes;
    const time = bytes.readBigInt64LE(AT.mtime + 8 * which);
    return this.#wide
      ? joinTime({ seconds: time, nanoseconds: bytes.readUInt32LE(AT.end + 4 * which) })
      : time;
  }

  get md5(): string | undefined {
    return this.#bytes[AT.flags] === HAS_MD5
      ? this.#bytes.toString('hex', AT.md5, AT.end)
      : undefined;
  }

  get about(): About {
    return this.#bytes.toString('utf8', AT.end + (this.#wide ? NANOSECONDS_BYTES : 0)) as About;
  }

  isOf(stat: BigIntStats): boolean {
    if (this.#wide) return isVersion(stat, this.file);
    const { size, mtimeNs, ctimeNs, ino } = stat;
    const { buffer, byteOffset, length } = this.#bytes;
    const view = new DataView(buffer, byteOffset, length);
    return (
      view.getFloat64(AT.size, true) === Number(size) &&
      view.getBigInt64(AT.mtime, true) === mtimeNs &&
      view.getBigInt64(AT.ctime, true) === ctimeNs &&
      view.getBigUint64(AT.inode, true) === ino
    );
  }
}

// Metadata keys that are also attributes of a file, as rclone writes them (https://rclone.org/local/#metadata). Owner
// and group stay metadata: to give files away takes more rights than this program should have.

/** What the metadata say about the file itself; undefined where they do not, or not in rclone's form. */
export interface FileAttributes {
  /** Seconds since the epoch, such as "1700000000.123456789". Text, as Node takes a negative number for the time of day. */
  readonly mtime: string | undefined;
  /**
   * Permission bits, from octal text such as "100644". Set-user-id and the like are skipped: the file would have them
   * under our own user. Our user's right to read is kept, or the object could not be read again.
   */
  readonly permissions: number | undefined;
}

export function attributesOf({ mtime, mode }: Readonly<Record<string, string>>): FileAttributes {
  return {
    mtime: mtime !== undefined && /^-?\d{1,18}(\.\d{1,9})?$/.test(mtime) ? mtime : undefined,
    permissions:
      mode !== undefined && /^[0-7]{1,6}$/.test(mode)
        ? (Number.parseInt(mode, 8) & 0o777) | 0o400
        : undefined,
  };
}

/** The metadata of a file without a record: what the file system says. */
export function metaDataOf(stat: BigIntStats): Readonly<Record<string, string>> {
  return { mtime: secondsText(stat.mtimeNs), mode: stat.mode.toString(8) };
}

function secondsText(ns: bigint): string {
  const sign = ns < 0n ? '-' : '';
  const absolute = ns < 0n ? -ns : ns;
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${absolute / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
