import type { Fingerprint } from './stat.js';

/** What is known of an object beyond its file, and of which state of the file it is known. */
export interface ObjectRecord {
  readonly file: Fingerprint;
  /** Lower-case hex of the content; undefined when nobody has computed it. */
  readonly md5: string | undefined;
  readonly contentType: string | undefined;
  readonly metaData: Readonly<Record<string, string>>;
}

// Layout: version, flags, size, mtimeNs, ctimeNs, inode, md5, then JSON of [contentType, metaData].
const VERSION = 1;
const HAS_MD5 = 1;
const AT = { version: 0, flags: 1, size: 2, mtime: 10, ctime: 18, inode: 26, md5: 34, rest: 50 } as const;

export function encodeRecord({ file, md5, contentType, metaData }: ObjectRecord): Buffer {
  const rest = JSON.stringify([contentType ?? null, metaData]);
  const bytes = Buffer.alloc(AT.rest + Buffer.byteLength(rest));
  bytes[AT.version] = VERSION;
  bytes[AT.flags] = md5 === undefined ? 0 : HAS_MD5;
  bytes.writeDoubleLE(file.size, AT.size);
  bytes.writeBigInt64LE(file.mtimeNs, AT.mtime);
  bytes.writeBigInt64LE(file.ctimeNs, AT.ctime);
  bytes.writeBigUInt64LE(file.inode, AT.inode);
  if (md5 !== undefined) bytes.write(md5, AT.md5, 'hex');
  bytes.write(rest, AT.rest);
  return bytes;
}

/** Undefined for a record of another version, which then counts as none. */
export function decodeRecord(bytes: Buffer): ObjectRecord | undefined {
  if (bytes.length < AT.rest || bytes[AT.version] !== VERSION) return undefined;
  const [contentType, metaData] = JSON.parse(bytes.toString('utf8', AT.rest)) as [string | null, Record<string, string>];
  return {
    file: {
      size: bytes.readDoubleLE(AT.size),
      mtimeNs: bytes.readBigInt64LE(AT.mtime),
      ctimeNs: bytes.readBigInt64LE(AT.ctime),
      inode: bytes.readBigUInt64LE(AT.inode),
    },
    md5: bytes[AT.flags] === HAS_MD5 ? bytes.toString('hex', AT.md5, AT.rest) : undefined,
    contentType: contentType ?? undefined,
    metaData,
  };
}
