import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createPartAndWholeDigests,
  createPartDigests,
  evenCuts,
} from '../../src/drivers/part-digests.js';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

test('part digests: are those of the parts, however the content arrives, and the whole is hashed where it is asked for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      (chunks, partSize) => {
        const content = Buffer.concat(chunks);
        const cuts = evenCuts(content.byteLength, partSize);
        const expected = cuts.map((size, at) => ({
          size,
          md5: md5(content.subarray(at * partSize, at * partSize + size)),
        }));
        const parts = createPartDigests(cuts);
        const both = createPartAndWholeDigests(cuts);
        for (const chunk of chunks) {
          parts.update(chunk);
          both.update(chunk);
        }
        expect(parts.finish()).toEqual(expected);
        expect(both.finish()).toEqual({ parts: expected, md5: md5(content) });
      },
    ),
  );
});
