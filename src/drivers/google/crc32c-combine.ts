/** CRC-32C (RFC 3720 appendix B.4), reflected polynomial. */
const POLYNOMIAL = 0x82f63b78;

/** A linear map of 32 bits onto 32 bits: the image of each bit. */
type Matrix = Uint32Array;

function times(matrix: Matrix, bits: number): number {
  let sum = 0;
  for (let at = 0, left = bits; left !== 0; at += 1, left >>>= 1)
    if (left & 1) sum ^= matrix[at] ?? 0;
  return sum >>> 0;
}

function squared(matrix: Matrix): Matrix {
  return matrix.map((bits) => times(matrix, bits));
}

/** What one zero bit behind the content does to its checksum. */
function oneZeroBit(): Matrix {
  return Uint32Array.from({ length: 32 }, (_, at) => (at === 0 ? POLYNOMIAL : 2 ** (at - 1)));
}

/**
 * The checksum of two contents behind one another, by that of each and the bytes of the second. A checksum is linear over GF(2),
 * so that of the first is moved on by as many zeros as the second has bits, by squaring (as zlib's crc32_combine does).
 */
export function combineCrc32c(first: number, second: number, secondBytes: number): number {
  let moved = first;
  let matrix = squared(squared(squared(oneZeroBit()))); // eight zero bits
  for (let bytes = secondBytes; bytes > 0; bytes = Math.floor(bytes / 2)) {
    if (bytes % 2 === 1) moved = times(matrix, moved);
    matrix = squared(matrix);
  }
  return (moved ^ second) >>> 0;
}
