import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RANGE_BYTES, RANGE_PARTS, type SentPart } from '../../src/drivers/parts-range.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import {
  packPartsAnswer,
  packPartsOrder,
  unpackPartsAnswer,
  unpackPartsOrder,
} from '../../src/scale/parts-columns.js';
import type { PartsOrder } from '../../src/sync/work/parts-effects.js';
import { isWellFormed } from '../../src/utf8-order.js';
import { anyInode, anyTimeNs } from '../state/fixtures.js';

const hex32 = fc.stringMatching(/^[0-9a-f]{32}$/);
const anyText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((text) => isWellFormed(text) && !text.includes('\0'));

/** Parts in a row of a file that has them. */
const anyRange = fc
  .record({
    partSize: fc.integer({ min: 1, max: 2 ** 33 }),
    before: fc.nat(9_000),
    count: fc.integer({ min: 1, max: RANGE_PARTS }),
    behind: fc.nat(2 ** 33),
    last: fc.nat(2 ** 33),
  })
  .map(({ partSize, before, count, behind, last }) => {
    const parts = partSize * count > RANGE_BYTES ? 1 : count;
    const size = (before + parts - 1) * partSize + 1 + (behind % partSize) + (last % 3) * partSize;
    return { partSize, first: before + 1, parts, size };
  });

const anyOrder: fc.Arbitrary<PartsOrder> = anyRange.chain(({ partSize, first, parts, size }) =>
  fc.record({
    name: fc.constantFrom('a', 'folder/ü.iso', 'x'.repeat(200)),
    upload: anyText,
    version: fc.record({
      size: fc.constant(size),
      mtimeNs: anyTimeNs,
      ctimeNs: anyTimeNs,
      inode: anyInode,
    }),
    partSize: fc.constant(partSize),
    first: fc.constant(first),
    known: fc.array(fc.option(hex32, { nil: undefined }), { minLength: parts, maxLength: parts }),
  }),
);

/** What a worker may answer to this order. */
function anyAnswerTo({ version, partSize, first, known }: PartsOrder) {
  const parts = known.map((there, at) => {
    const number = first + at;
    const size = Math.min(partSize, version.size - (number - 1) * partSize);
    const sent = fc.record({ md5: hex32, receipt: anyText });
    return fc
      .oneof(
        fc.constant(undefined),
        sent,
        ...(there === undefined ? [] : [fc.constant({ md5: there, receipt: undefined })]),
      )
      .map((part): SentPart | undefined => part && { number, size, ...part });
  });
  return fc.tuple(...parts);
}

describe('columns of parts', () => {
  test('an order comes out of its columns as it was packed', () => {
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(unpackPartsOrder(packPartsOrder(order))).toEqual(order);
      }),
    );
  });

  test('an answer comes out of its columns as it was packed, with the numbers and sizes of its order', () => {
    const both = anyOrder.chain((order) => fc.tuple(fc.constant(order), anyAnswerTo(order)));
    fc.assert(
      fc.property(both, ([order, parts]) => {
        const packed = packPartsOrder(order);
        const answer = packPartsAnswer(packed, parts);
        expect(unpackPartsAnswer(answer, packed, order)).toEqual(parts);
      }),
    );
  });

  test('what was changed in Redis reads as damaged, or as an order or answer that could be one', () => {
    const changed = fc.tuple(anyOrder, fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changed, ([order, at, by]) => {
        const packed = Buffer.from(packPartsOrder(order), 'base64');
        const place = at % packed.length;
        packed[place] = (packed[place] ?? 0) ^ by;
        const read = orDamaged(() => unpackPartsOrder(packed.toString('base64')));
        if (read === undefined) return;
        const { partSize, first, known, version } = read;
        expect(known.length === 1 || known.length * partSize <= RANGE_BYTES).toBe(true);
        expect((first + known.length - 2) * partSize).toBeLessThan(version.size);
      }),
    );
  });

  test.each<
    readonly [string, Partial<Omit<PartsOrder, 'version'>> & { version?: { size: number } }]
  >([
    ['names outside of the source', { name: '../../etc/shadow' }],
    ['no name', { name: '' }],
    ['parts that the file has not', { first: 4 }],
    ['a part number of 0', { first: 0 }],
    ['half a part', { first: 1.5 }],
    ['more bytes than one job may have', { partSize: 2 ** 30, version: { size: 2 ** 40 } }],
    ['parts without bytes', { partSize: 0 }],
  ])('an order with %s is refused', (_, changes) => {
    const order = { ...ORDER, ...changes, version: { ...ORDER.version, ...changes.version } };
    expect(() => unpackPartsOrder(packPartsOrder(order))).toThrow(DamagedColumnsError);
  });

  test('an answer is refused that answers another order, or confirms other parts than were ordered', () => {
    const packed = packPartsOrder(ORDER);
    const sent = { number: 2, size: 10, md5: 'b'.repeat(32), receipt: '"etag"' };
    const answers = (parts: readonly (SentPart | undefined)[], order = packed) =>
      packPartsAnswer(order, parts);
    const read = (answer: string) => unpackPartsAnswer(answer, packed, ORDER);
    expect(read(answers([sent, undefined]))).toEqual([{ ...sent, number: 1 }, undefined]);
    const other = packPartsOrder({ ...ORDER, upload: 'other' });
    expect(() => read(answers([sent, sent], other))).toThrow('another order');
    expect(() => read(answers([sent]))).toThrow('1 answers about 2 parts');
    expect(() => read(answers([sent, sent, sent]))).toThrow(DamagedColumnsError);
    expect(() => read(answers([sent, { ...sent, receipt: '' }]))).toThrow(DamagedColumnsError);
    expect(() => read(answers([{ ...sent, receipt: undefined }, sent]))).toThrow('not known');
    expect(() => read(answers([{ ...sent, md5: 'b'.repeat(30) }, sent]))).toThrow('bytes');
    expect(() => read('')).toThrow(DamagedColumnsError);
    expect(() => read(packed)).toThrow(DamagedColumnsError);
  });
});

const ORDER: PartsOrder = {
  name: 'a',
  version: { size: 25, mtimeNs: 1n, ctimeNs: 2n, inode: 3n },
  upload: 'id',
  partSize: 10,
  first: 1,
  known: [undefined, 'a'.repeat(32)],
};

function orDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedColumnsError);
    return undefined;
  }
}
