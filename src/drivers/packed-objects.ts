/** Keys, sizes and digests of many objects, in one piece of memory that goes to another thread without being copied. */
export type PackedObjects = Uint8Array<ArrayBuffer>;

/** What a `bare` listing has of an object. */
export interface BareObject {
  readonly key: string;
  readonly size: number;
  /** Hex digest of the content. */
  readonly md5: string | undefined;
  readonly etag: string | undefined;
}

/*
 * One object, little-endian, and the next one right behind it:
 *
 *    0  f64  size
 *    8  u32  bytes of the key
 *   12  u32  bytes of the etag, or one of the two below
 *   16  u8   1: there is an MD5
 *        …   the MD5, 16 bytes; the key and the etag in UTF-8
 */
const KEY_BYTES_AT = 8;
const ETAG_BYTES_AT = 12;
const HAS_MD5_AT = 16;
const FIXED_BYTES = 17;
const MD5_BYTES = 16;

const NO_ETAG = 0xffff_ffff;
/** Most stores' ETag of a small object is the MD5 that is there already. */
const ETAG_IS_MD5 = 0xffff_fffe;

export function packObjects(objects: readonly BareObject[]): PackedObjects {
  // No UTF-16 unit becomes more than three bytes.
  const atMost = objects.reduce(
    (sum, { key, etag = '' }) => sum + FIXED_BYTES + MD5_BYTES + 3 * (key.length + etag.length),
    0,
  );
  const bytes = Buffer.from(new ArrayBuffer(atMost));
  let at = 0;
  for (const { key, size, md5, etag } of objects) {
    const fixed = at;
    at += FIXED_BYTES;
    if (md5 !== undefined) at += bytes.write(md5, at, MD5_BYTES, 'hex');
    const keyBytes = bytes.write(key, at);
    at += keyBytes;
    const etagBytes = etag === undefined || etag === md5 ? 0 : bytes.write(etag, at);
    at += etagBytes;
    bytes.writeDoubleLE(size, fixed);
    bytes.writeUInt32LE(keyBytes, fixed + KEY_BYTES_AT);
    bytes.writeUInt32LE(
      etag === undefined ? NO_ETAG : etag === md5 ? ETAG_IS_MD5 : etagBytes,
      fixed + ETAG_BYTES_AT,
    );
    bytes[fixed + HAS_MD5_AT] = md5 === undefined ? 0 : 1;
  }
  return new Uint8Array(bytes.buffer.slice(0, at));
}

/** A cursor over packed objects, whose properties are those of the current object. There is none before the first `next`. */
export class PackedReader implements BareObject {
  readonly #bytes: Buffer;
  #at = 0;
  #keyStart = 0;
  #keyEnd = 0;
  #end = 0;
  /** Of the current object, once it was read. */
  #md5: string | undefined;

  constructor({ buffer }: PackedObjects) {
    this.#bytes = Buffer.from(buffer);
  }

  /** False at the end. */
  next(): boolean {
    this.#at = this.#end;
    this.#md5 = undefined;
    if (this.#at >= this.#bytes.length) return false;
    this.#keyStart = this.#at + FIXED_BYTES + (this.#hasMd5 ? MD5_BYTES : 0);
    this.#keyEnd = this.#keyStart + this.#bytes.readUInt32LE(this.#at + KEY_BYTES_AT);
    this.#end = this.#keyEnd + (this.#etagBytes >= ETAG_IS_MD5 ? 0 : this.#etagBytes);
    return true;
  }

  get key(): string {
    return this.#bytes.toString('utf8', this.#keyStart, this.#keyEnd);
  }

  get size(): number {
    return this.#bytes.readDoubleLE(this.#at);
  }

  get md5(): string | undefined {
    const start = this.#at + FIXED_BYTES;
    if (this.#hasMd5) this.#md5 ??= this.#bytes.toString('hex', start, start + MD5_BYTES);
    return this.#md5;
  }

  get etag(): string | undefined {
    if (this.#etagBytes === NO_ETAG) return undefined;
    return this.#etagBytes === ETAG_IS_MD5
      ? this.md5
      : this.#bytes.toString('utf8', this.#keyEnd, this.#end);
  }

  get #hasMd5(): boolean {
    return this.#bytes[this.#at + HAS_MD5_AT] === 1;
  }

  get #etagBytes(): number {
    return this.#bytes.readUInt32LE(this.#at + ETAG_BYTES_AT);
  }
}

export function unpackObjects(packed: PackedObjects): readonly BareObject[] {
  const objects: BareObject[] = [];
  for (const reader = new PackedReader(packed); reader.next(); ) {
    const { key, size, md5, etag } = reader;
    objects.push({ key, size, md5, etag });
  }
  return objects;
}
