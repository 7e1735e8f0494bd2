import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packObjects, unpackObjects } from '../../src/drivers/packed-objects.js';

const md5 = fc.stringMatching(/^[0-9a-f]{32}$/);
const object = fc
  .record({
    key: fc.oneof(
      fc.constantFrom('a', 'a/b', 'é', '\u{10000}', 'new\nline', 'nul\0'),
      fc.string({ unit: 'binary' }),
    ),
    size: fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31, 2 ** 32, 5 * 2 ** 40)),
    md5: fc.option(md5, { nil: undefined }),
    etag: fc.option(fc.oneof(md5, md5.map(JSON.stringify), fc.string()), { nil: undefined }),
  })
  .chain((one) => fc.constantFrom(one, { ...one, etag: one.md5 }));

it('packed objects: are unpacked as they were packed, in the same order', () => {
  fc.assert(
    fc.property(fc.array(object), (objects) => {
      expect(unpackObjects(packObjects(objects))).toEqual(objects);
    }),
  );
});

it('packed objects: take no more memory than they need', () => {
  const packed = packObjects([{ key: 'a', size: 1, md5: undefined, etag: undefined }]);
  expect(packed.buffer.byteLength).toBe(packed.byteLength);
  expect(packed.byteLength).toBe(18);
});
