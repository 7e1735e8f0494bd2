import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import {
  packReadBackAnswer,
  packReadBackOrder,
  unpackReadBackAnswer,
  unpackReadBackOrder,
} from '../../src/scale/read-back-columns.js';
import { type RecordedContent, recordedContent } from '../../src/sync/proof/batch-read-back.js';
import { record } from '../state/fixtures.js';

const hex32 = fc.stringMatching(/^[0-9a-f]{32}$/);
const anyObjects = fc
  .uniqueArray(fc.stringMatching(/^[a-zü]{1,8}(\/[a-z]{1,4})?$/), { minLength: 1, maxLength: 30 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .record({
            size: fc.maxSafeNat(),
            md5: hex32,
            partSize: fc.integer({ min: 1 }),
            whole: fc.boolean(),
          })
          .map(
            ({ size, md5, partSize, whole }): RecordedContent =>
              whole
                ? { name, size, md5, parts: undefined }
                : { name, size, md5: undefined, parts: { md5, partSize } },
          ),
      ),
    ),
  );

describe('an order to read back', () => {
  test('has every name, size and digest after it was packed', () => {
    fc.assert(
      fc.property(anyObjects, (objects) => {
        expect(unpackReadBackOrder(packReadBackOrder(objects))).toEqual(objects);
      }),
    );
  });

  test.each([
    ['a size that is none', { size: -1 }],
    ['a size beyond those that are exact', { size: 2 ** 60 }],
    ['parts of no bytes', { md5: undefined, parts: { md5: '0'.repeat(32), partSize: 0 } }],
    ['a name that leads out of the container', { name: '../a' }],
  ])('is refused with %s', (_, change) => {
    const plain: RecordedContent = { name: 'a', size: 1, md5: '0'.repeat(32), parts: undefined };
    const packed = packReadBackOrder([{ ...plain, ...change }]);
    expect(() => unpackReadBackOrder(packed)).toThrow(DamagedColumnsError);
  });

  test('is about confirmed records with a digest alone', () => {
    const { size, md5 } = record();
    expect(recordedContent('a', record())).toEqual({ name: 'a', size, md5, parts: undefined });
    const parts = { md5Parts: '1'.repeat(32), partSize: 5 };
    expect(recordedContent('a', record({ md5: '', ...parts }))).toMatchObject({
      md5: undefined,
      parts: { md5: '1'.repeat(32), partSize: 5 },
    });
    expect(recordedContent('a', record({ md5: '' }))).toBeUndefined();
    expect(recordedContent('a', record({ state: 'sending' }))).toBeUndefined();
  });
});

describe('an answer to an order to read back', () => {
  const anyAnswered = anyObjects.chain((objects) =>
    fc.tuple(fc.constant(packReadBackOrder(objects)), fc.tuple(...objects.map(() => fc.boolean()))),
  );

  test('says of each object whether it was proven', () => {
    fc.assert(
      fc.property(anyAnswered, ([order, proven]) => {
        const answer = packReadBackAnswer(order, proven);
        expect(unpackReadBackAnswer(answer, order, proven.length)).toEqual(proven);
      }),
    );
  });

  test('is refused when it answers another order, has another length, or an unknown state', () => {
    fc.assert(
      fc.property(anyAnswered, ([order, proven]) => {
        const answer = packReadBackAnswer(order, proven);
        const unpack =
          (text: string, of = order, rows = proven.length) =>
          () =>
            unpackReadBackAnswer(text, of, rows);
        expect(unpack(answer, `${order} `)).toThrow(DamagedColumnsError);
        expect(unpack(answer, order, proven.length + 1)).toThrow(DamagedColumnsError);
        expect(unpack(order)).toThrow(DamagedColumnsError);
        const bytes = Buffer.from(answer, 'base64');
        bytes[bytes.length - 1] = 2;
        expect(unpack(bytes.toString('base64'))).toThrow(DamagedColumnsError);
      }),
    );
  });
});
