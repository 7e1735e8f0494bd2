import type { BigIntStats } from 'node:fs';
import type { Fingerprint } from './stat.js';

/** What is known of an object beyond its file, and of which state of the file it is known. */
export interface ObjectRecord {
  readonly file: Fingerprint;
  /** Lower-case hex of the content; undefined when nobody has computed it. */
  readonly md5: string | undefined;
  readonly about: About;
}

/** JSON of [content type or null, metadata]: passed on as it is by all who need not look into it. */
export type About = string & { readonly about: unique symbol };

export type MetaData = Readonly<Record<string, string>>;

export function writeAbout(contentType: string | undefined, metaData: MetaData): About {
  return JSON.stringify([contentType ?? null, metaData]) as About;
}

export function readAbout(about: About): { readonly contentType: string | undefined; readonly metaData: MetaData } {
  const [contentType, metaData] = JSON.parse(about) as ParsedAbout;
  return { contentType: contentType ?? undefined, metaData };
}

export type ParsedAbout = readonly [string | null, MetaData];

// Layout: version, flags, size, mtimeNs, ctimeNs, inode, md5, about.
const VERSION = 1;
const HAS_MD5 = 1;
const AT = { version: 0, flags: 1, size: 2, mtime: 10, ctime: 18, inode: 26, md5: 34, about: 50 } as const;

export function encodeRecord({ file, md5, about }: ObjectRecord): Buffer {
  const bytes = Buffer.alloc(AT.about + Buffer.byteLength(about));
  bytes[AT.version] = VERSION;
  bytes[AT.flags] = md5 === undefined ? 0 : HAS_MD5;
  bytes.writeDoubleLE(file.size, AT.size);
  bytes.writeBigInt64LE(file.mtimeNs, AT.mtime);
  bytes.writeBigInt64LE(file.ctimeNs, AT.ctime);
  bytes.writeBigUInt64LE(file.inode, AT.inode);
  if (md5 !== undefined) bytes.write(md5, AT.md5, 'hex');
  bytes.write(about, AT.about);
  return bytes;
}

/** A record as it was found. Its fields are read from its bytes when they are asked for: a listing needs few of them. */
export interface StoredRecord extends ObjectRecord {
  /** Whether it was made for this very state of the file. */
  isOf(stat: BigIntStats): boolean;
}

/** Undefined for a record of another version, which then counts as none. */
export function decodeRecord(bytes: Buffer): StoredRecord | undefined {
  return bytes.length < AT.about || bytes[AT.version] !== VERSION ? undefined : new RecordBytes(bytes);
}

class RecordBytes implements StoredRecord {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get file(): Fingerprint {
    const bytes = this.#bytes;
    return {
      size: bytes.readDoubleLE(AT.size),
      mtimeNs: bytes.readBigInt64LE(AT.mtime),
      ctimeNs: bytes.readBigInt64LE(AT.ctime),
      inode: bytes.readBigUInt64LE(AT.inode),
    };
  }

  get md5(): string | undefined {
    return this.#bytes[AT.flags] === HAS_MD5 ? this.#bytes.toString('hex', AT.md5, AT.about) : undefined;
  }

  get about(): About {
    return this.#bytes.toString('utf8', AT.about) as About;
  }

  isOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): boolean {
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
