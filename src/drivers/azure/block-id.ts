/** What the id of a block says: with it a list of blocks shows the parts that an upload has, and their content. */
export interface BlockId {
  /** Of the upload; 16 hex digits. */
  readonly nonce: string;
  /** Of the part, from 1; or one of the marks below. */
  readonly number: number;
  /** Of two blocks with the same number the one that was sent later has the higher one; of OPEN_MARK: seconds since the epoch. */
  readonly order: number;
  /** Hex, of the block's content; undefined: it is not known. */
  readonly md5: string | undefined;
}

/** A block that is there from the begin of an upload on, and never part of an object. */
export const OPEN_MARK = 0;
/** A block that says that the upload was aborted: the service has no way to remove blocks. */
export const ABORTED_MARK = 0xffffffff;

const UNKNOWN_MD5 = '0'.repeat(32);
/** All ids of one blob must have the same length, and 64 bytes at the most: learn.microsoft.com/rest/api/storageservices/put-block */
const BYTES = 32;
const MOST = 0xffffffff;

/** In base64, as the service wants it. */
export function writeBlockId({ nonce, number, order, md5 = UNKNOWN_MD5 }: BlockId): string {
  const bytes = Buffer.alloc(BYTES);
  bytes.write(nonce, 0, 8, 'hex');
  bytes.writeUInt32BE(number, 8);
  bytes.writeUInt32BE(Math.min(Math.max(Math.floor(order), 0), MOST), 12);
  bytes.write(md5, 16, 16, 'hex');
  return bytes.toString('base64');
}

/** Undefined: it has not the length of ours. */
export function readBlockId(text: string): BlockId | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength !== BYTES) return undefined;
  const md5 = bytes.toString('hex', 16);
  return {
    nonce: bytes.toString('hex', 0, 8),
    number: bytes.readUInt32BE(8),
    order: bytes.readUInt32BE(12),
    md5: md5 === UNKNOWN_MD5 ? undefined : md5,
  };
}
