import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Body } from '../../src/drivers/call.js';
import { evenCut, md5IfMadeOf } from '../../src/drivers/made-of.js';
import { compositeEtag } from '../../src/drivers/s3/etag.js';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const etags = {
  etagOfParts: (_: string, parts: readonly { readonly md5: string }[]) =>
    compositeEtag(parts.map((part) => part.md5)),
};
const signal = new AbortController().signal;

/** Content as a stream of chunks of this many bytes. */
function streamOf(content: Buffer, chunk: number): Body {
  async function* open() {
    for (let at = 0; at < content.length; at += chunk) yield content.subarray(at, at + chunk);
  }
  return { size: content.length, replayable: true, open };
}

function piecesOf(content: Buffer, cuts: readonly number[]): readonly Buffer[] {
  let start = 0;
  return cuts.map((size) => {
    start += size;
    return content.subarray(start - size, start);
  });
}

const cutsAndChunk = fc.tuple(
  fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 8 }),
  fc.integer({ min: 1, max: 20 }),
  fc.integer(),
);

test('content of a multipart object: is proven by its ETag for any cuts, and other content is not', async () => {
  await fc.assert(
    fc.asyncProperty(cutsAndChunk, async ([cuts, chunk, seed]) => {
      const total = cuts.reduce((sum, each) => sum + each, 0);
      const content = Buffer.from(Array.from({ length: total }, (_, at) => (at * 31 + seed) & 255));
      const etag = compositeEtag(piecesOf(content, cuts).map(md5));
      const info = {
        container: 'c',
        key: 'k',
        size: total,
        checksums: [],
        metaData: {},
        extra: { etag },
      };
      expect(await md5IfMadeOf(etags, info, streamOf(content, chunk), cuts, signal)).toBe(
        md5(content),
      );
      if (total === 0) return;
      const changed = Buffer.from(content.map((byte, at) => (at === total - 1 ? byte ^ 1 : byte)));
      expect(
        await md5IfMadeOf(etags, info, streamOf(changed, chunk), cuts, signal),
      ).toBeUndefined();
      expect(
        await md5IfMadeOf(etags, info, streamOf(content, chunk), [...cuts, 1], signal),
      ).toBeUndefined();
    }),
  );
});

test('cuts of a multipart object: are one number when all but a smaller last one are equal', () => {
  expect(evenCut([5, 5, 3])).toBe(5);
  expect(evenCut([5, 5, 5])).toBe(5);
  expect(evenCut([5])).toBe(5);
  for (const uneven of [[5, 5, 6], [5, 4, 5], [5, 0], [0], []])
    expect(evenCut(uneven), String(uneven)).toBeUndefined();
});
