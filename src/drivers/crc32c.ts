import { createRequire } from 'node:module';

// CRC-32C (Castagnoli, RFC 3720 appendix B.4). node:zlib has only the other CRC-32.

/** Reflected. */
const POLYNOMIAL = 0x82f63b78;

/** A table for each of eight bytes that one step takes ("slicing-by-8"), which is ten times as fast as byte by byte. */
const SLICE = 8;

/** At `i * 256`: what a byte does to a checksum with `i` bytes behind it. */
const TABLE = new Uint32Array(SLICE * 256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLE[byte] = crc;
}
for (let at = 256; at < SLICE * 256; at += 1) {
  const before = entry(at - 256);
  TABLE[at] = (before >>> 8) ^ entry(before & 0xff);
}

function entry(at: number): number {
  return TABLE[at] ?? 0;
}

/** For fewer bytes the library need not be loaded. */
const LARGE = 64 * 1024;

const require = createRequire(import.meta.url);
let ofLarge: typeof portableCrc32c | undefined;

/** The checksum of `bytes` appended to what `crc` is the checksum of; 0 is the checksum of nothing. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  if (bytes.byteLength < LARGE) return portableCrc32c(bytes, crc);
  ofLarge ??= loadNative() ?? portableCrc32c;
  return ofLarge(bytes, crc);
}

/** The instruction of the processor, by an optional package with prebuilt libraries: five times as fast. Undefined: there is none. */
function loadNative(): typeof portableCrc32c | undefined {
  try {
    return (require('@node-rs/crc32') as { crc32c: typeof portableCrc32c }).crc32c;
  } catch {
    return undefined;
  }
}

/** The same on any machine. */
export function portableCrc32c(bytes: Uint8Array, crc = 0): number {
  let state = ~crc;
  let at = 0;
  for (const end = bytes.length - (bytes.length % SLICE); at < end; at += SLICE) {
    const four = state ^ littleEndian(bytes, at);
    state =
      entry(1792 + (four & 0xff)) ^
      entry(1536 + ((four >>> 8) & 0xff)) ^
      entry(1280 + ((four >>> 16) & 0xff)) ^
      entry(1024 + (four >>> 24)) ^
      entry(768 + (bytes[at + 4] ?? 0)) ^
      entry(512 + (bytes[at + 5] ?? 0)) ^
      entry(256 + (bytes[at + 6] ?? 0)) ^
      entry(bytes[at + 7] ?? 0);
  }
  for (; at < bytes.length; at += 1)
    state = entry((state ^ (bytes[at] ?? 0)) & 0xff) ^ (state >>> 8);
  return ~state >>> 0;
}

/** Four bytes as a number of 32 bits. */
function littleEndian(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
