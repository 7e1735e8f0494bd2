import { createHash, hash } from 'node:crypto';
import { bytesBody } from './body.js';
import type { Body, BodyPart, Cut, PartSource } from './call.js';

/** Cuts any body into parts, which are held in memory and hashed in this thread. */
export function cutIntoParts(body: Body, { partSize, wholeMd5 }: Cut): PartSource {
  const whole = wholeMd5 ? createHash('md5') : undefined;
  let hex: string | undefined;

  async function* parts(): AsyncGenerator<BodyPart, void, undefined> {
    let number = 1;
    for await (const bytes of cutBuffers(body.open(), partSize)) {
      whole?.update(bytes);
      const md5 = hash('md5', bytes, 'hex');
      yield {
        number,
        size: bytes.byteLength,
        md5,
        body: withMd5(bytesBody(bytes), md5),
        release: () => {},
      };
      number += 1;
    }
  }
  return {
    parts: parts(),
    md5() {
      if (whole === undefined) throw new Error('the whole of the body was not hashed');
      hex ??= whole.digest('hex');
      return hex;
    },
  };
}

/** The same body, of known content. */
export function withMd5(body: Body, hex: string): Body {
  return { ...body, checksums: [{ algorithm: 'md5', hex }] };
}

/** The same bytes in buffers of exactly `size`, but for the last. They are copies: a source may reuse its chunks. */
export async function* cutBuffers(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
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
