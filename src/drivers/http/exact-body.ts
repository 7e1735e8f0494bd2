/** The body's stream gave fewer or more bytes than it had promised. */
export class BodySizeError extends Error {
  override readonly name = 'BodySizeError';
  constructor(expected: number, got: number) {
    super(
      got > expected
        ? `the source gave more than its ${expected} bytes`
        : `the source ended after ${got} of ${expected} bytes`,
    );
  }
}

/**
 * The chunks of `source`, which must come to exactly `size` bytes, else BodySizeError. The chunk that completes them is
 * held back until the source has ended: a server that has received Content-Length bytes stores them, and only then
 * would a source that is longer, or throws at its end, be detected.
 */
export async function* exactly(
  size: number,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of source) {
    if (chunk.byteLength === 0) continue;
    total += chunk.byteLength;
    if (total > size) throw new BodySizeError(size, total);
    if (total === size) last = chunk;
    else yield chunk;
  }
  if (total < size) throw new BodySizeError(size, total);
  if (last !== undefined) yield last;
}
