import type { Part } from '../capabilities.js';
import { combineCrc32c } from './crc32c-combine.js';
import { hexOfCrc32c } from './payload.js';

/** What the provider gave for a part: its ETag, and behind a blank the hex CRC32C of its bytes, where this client has sent them. */
export function writeReceipt(etag: string, crc32c: string | undefined): string {
  return crc32c === undefined ? etag : `${etag} ${crc32c}`;
}

export function readReceipt({ receipt }: Pick<Part, 'receipt'>): {
  readonly etag: string;
  readonly crc32c: string | undefined;
} {
  const [etag = '', crc32c] = receipt.split(' ', 2);
  return { etag, crc32c };
}

/** Hex CRC32C of all parts behind one another; undefined where that of one is not known. */
export function crc32cOfParts(parts: readonly Part[]): string | undefined {
  let whole = 0;
  for (const part of parts) {
    const { crc32c } = readReceipt(part);
    if (crc32c === undefined) return undefined;
    whole = combineCrc32c(whole, Number.parseInt(crc32c, 16), part.size);
  }
  return hexOfCrc32c(whole);
}
