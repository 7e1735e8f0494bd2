/** The same bytes in buffers of exactly `size`, but for the last. They are copies: a source may reuse its chunks. */
export async function* cutBuffers(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let chunks: Uint8Array[] = [];
  let held = 0;
  for await (const given of source) {
    let chunk = given;
    while (held + chunk.byteLength >= size) {
      const rest = size - held;
      yield Buffer.concat([...chunks, chunk.subarray(0, rest)], size);
      chunks = [];
      held = 0;
      chunk = chunk.subarray(rest);
    }
    if (chunk.byteLength > 0) chunks.push(Uint8Array.from(chunk));
    held += chunk.byteLength;
  }
  if (held > 0) yield Buffer.concat(chunks, held);
}

export interface NumberedBuffer {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Part numbers from 1: `first`, which was taken from the buffers already, then the others. */
export async function* numberParts(first: Uint8Array, others: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedBuffer, void, undefined> {
  yield { number: 1, bytes: first };
  let number = 2;
  for await (const bytes of others) {
    yield { number, bytes };
    number += 1;
  }
}
