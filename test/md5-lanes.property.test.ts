import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MD5_WORKSPACE, type Md5State, openMd5Lanes } from '../src/md5-lanes.js';
import { createSharedMemory } from '../src/web-assembly.js';
import { randomContent } from './drivers/conformance/fixture.js';

const MEMORY = 4 * 2 ** 20;
const memory = createSharedMemory(MEMORY + MD5_WORKSPACE);
const lanes = openMd5Lanes(memory, MEMORY);
const md5 = (content: Uint8Array) => createHash('md5').update(content).digest('hex');
const whole = { before: undefined, isLast: true };

interface Placed {
  readonly begin: number;
  readonly length: number;
}

/** Puts contents one after the other into the memory, at addresses of no alignment. */
function place(contents: readonly Uint8Array[]): Placed[] {
  let end = 1;
  return contents.map((content) => {
    const begin = end + 2;
    end = begin + content.byteLength;
    new Uint8Array(memory.buffer).set(content, begin);
    return { begin, length: content.byteLength };
  });
}

const sizes = fc.oneof(
  fc.constantFrom(0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 4096, 65_536, 65_537),
  fc.nat(200_000),
);

test('MD5s of several contents that are hashed together are those of each by itself', () => {
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 1, maxLength: 19 }), (all) => {
      const contents = all.map((size) => randomContent(size));
      const results = lanes.update(place(contents).map((piece) => ({ ...piece, ...whole })));
      expect(results).toEqual(contents.map((content) => ({ hex: md5(content) })));
    }),
    { numRuns: 200 },
  );
});

test('a content that comes in pieces of whole blocks has the MD5 of the whole, whatever is hashed beside each piece', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 6 }), sizes, sizes, (cuts, rest, other) => {
      const pieces = [...cuts.map((blocks) => blocks * 64), rest].map((size) =>
        randomContent(size),
      );
      const beside = randomContent(other);
      let before: Md5State | undefined;
      for (const [at, bytes] of pieces.entries()) {
        const isLast = at === pieces.length - 1;
        const [own, its] = place([bytes, beside]) as [Placed, Placed];
        const [result, besides] = lanes.update([
          { ...own, before, isLast },
          { ...its, ...whole },
        ]);
        expect(besides).toEqual({ hex: md5(beside) });
        if (isLast) expect(result).toEqual({ hex: md5(Buffer.concat(pieces)) });
        else before = (result as { state: Md5State }).state;
      }
    }),
    { numRuns: 100 },
  );
});

test('the number of bits of a content is hashed in 64 bits', () => {
  const hashes = [2 ** 30, 2 ** 32 + 2 ** 30].map((bytes) => {
    const before = { words: [1, 2, 3, 4], bytes };
    return lanes.update([{ begin: 0, length: 0, before, isLast: true }])[0];
  });
  expect(hashes[0]).not.toEqual(hashes[1]);
});

test('a piece that ends within a block, and is not the last one, is refused', () => {
  const piece = { begin: 0, length: 65, before: undefined, isLast: false };
  expect(() => lanes.update([piece])).toThrow(RangeError);
});
