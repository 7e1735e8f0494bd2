import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import { readAnswer, readJob } from '../../src/scale/job-form.js';
import { packSendAnswer, unpackSendAnswer } from '../../src/scale/send-answer.js';
import {
  type PlainOrder,
  packSendOrder,
  unpackSendOrder,
  withoutIdleRows,
} from '../../src/scale/send-order.js';
import { packBatch, REMOTE_BATCH_FILES, unpackBatch } from '../../src/sync/upload-batch.js';
import type { FileAnswer, FileOrder } from '../../src/sync/work/batch-effects.js';
import { isWellFormed } from '../../src/utf8-order.js';
import { anyInode, anyTimeNs, hex16 } from '../state/fixtures.js';

const anyPart = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((part) => !part.includes('\0') && !part.includes('/') && part !== '.' && part !== '..');
const anyPath = fc.array(anyPart, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const hex32 = fc.stringMatching(/^[0-9a-f]{32}$/);

const anyText = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((text) => text !== '' && isWellFormed(text) && !text.includes('\0'));
const anyWhere: fc.Arbitrary<FileOrder['where']> = fc.oneof(
  fc.constantFrom('anywhere' as const, 'absent' as const),
  fc.record({ ifMatch: anyText }),
);

const anyOrderOf = (path: string): fc.Arbitrary<FileOrder> =>
  fc
    .record({
      stat: fc.record({
        size: fc.nat(8_000),
        mtimeNs: anyTimeNs,
        ctimeNs: anyTimeNs,
        inode: anyInode,
        mode: fc.nat(0o7777),
        uid: fc.nat(0xffffffff),
        gid: fc.nat(0xffffffff),
      }),
      sends: fc.constantFrom('any' as const, 'ordinary' as const, 'none' as const),
      md5: fc.option(hex32, { nil: undefined }),
      replaces: fc.constantFrom('unknown' as const, 'nothing' as const, 'whole' as const),
      where: anyWhere,
    })
    .map(({ stat, sends, md5, replaces, where }) => ({
      entry: { path, kind: 'file', ...stat },
      sends,
      recorded: sends === 'none' ? (md5 ?? '0'.repeat(32)) : md5,
      replaces,
      where,
    }));

const orderOf = (files: readonly FileOrder[]): PlainOrder => ({
  batch: packBatch(files.map(({ entry }) => ({ entry, why: 'new', listed: 'unknown' }))),
  files,
});

const anyOrder = fc
  .uniqueArray(anyPath, { minLength: 1, maxLength: 20 })
  .chain((paths) => fc.tuple(...paths.map(anyOrderOf)))
  .map(orderOf);

const HASHED_AT = 1_700_000_000_000;
const states = ['unconfirmed', 'changed', 'unreadable', 'attributes', 'other', 'left'] as const;

/** What a worker may answer to the order of one file. */
function anyAnswerTo({ entry, sends, recorded, where }: FileOrder): fc.Arbitrary<FileAnswer> {
  const conflict = where === 'anywhere' ? [] : (['conflict'] as const);
  const unsent = fc.constantFrom(...states, ...conflict).map((state): FileAnswer => ({ state }));
  const attributesDigest = fc.option(hex16, { nil: undefined });
  const same = fc.record({ attributesDigest }).map(
    (more): FileAnswer => ({
      state: 'same',
      entry,
      content: { md5: recorded ?? '', looks: 'ordinary', hashedAtMs: HASHED_AT },
      ...more,
    }),
  );
  const sent = fc
    .record({
      md5: hex32.filter((md5) => md5 !== recorded),
      looks:
        sends === 'any' ? fc.constantFrom('ordinary', 'random', 'blank') : fc.constant('ordinary'),
      etag: fc.option(fc.oneof(anyText, fc.constant('md5')), { nil: undefined }),
      versionId: fc.option(anyText, { nil: undefined }),
      attributesDigest,
    })
    .map(
      ({ md5, looks, etag, versionId, ...more }): FileAnswer => ({
        state: 'sent',
        entry,
        content: { md5, looks: looks as 'ordinary', hashedAtMs: HASHED_AT },
        ...more,
        confirmed: {
          md5,
          ...(etag === undefined ? {} : { etag: etag === 'md5' ? md5 : etag }),
          ...(versionId === undefined ? {} : { versionId }),
        },
      }),
    );
  const may: fc.Arbitrary<FileAnswer>[] = [unsent];
  if (sends !== 'none') may.push(sent);
  if (recorded !== undefined) may.push(same);
  return fc.oneof(...may);
}

const anyAnswered = anyOrder.chain((order) =>
  fc.tuple(fc.constant(order), fc.tuple(...order.files.map(anyAnswerTo))),
);

describe('an order to send', () => {
  test('has every name, stat and condition of a batch after it was packed', () => {
    fc.assert(
      fc.property(anyOrder, (order) => {
        const found = unpackSendOrder(packSendOrder(order));
        expect(found.files).toEqual(order.files);
        expect(unpackBatch(found.batch).map(({ entry }) => entry)).toEqual(
          order.files.map(({ entry }) => entry),
        );
      }),
    );
  });

  test('has no row about which nothing is to be done, and says where the others were', () => {
    fc.assert(
      fc.property(anyOrder, fc.infiniteStream(fc.boolean()), ({ batch, files }, idle) => {
        const orders = files.map((file) => (idle.next().value ? undefined : file));
        const packed = withoutIdleRows({ batch, files: orders });
        const kept = orders.flatMap((file, row) => (file === undefined ? [] : [[row, file]]));
        expect(packed?.rows.map((row, at) => [row, packed.order.files[at]]) ?? []).toEqual(kept);
        if (packed !== undefined)
          expect(unpackSendOrder(packSendOrder(packed.order)).files).toEqual(packed.order.files);
      }),
    );
  });

  test.each([
    ['leads out of the source', { path: 'a/../../b' }],
    ['is absolute', { path: '/etc/passwd' }],
    ['has an empty part', { path: 'a//b' }],
    ['has a dot as a part', { path: './a' }],
    ['is longer than an object name can be', { path: 'x'.repeat(4_027) }],
    ['is of a file that is no small one', { size: 1024 * 1024 + 1 }],
    ['has a size that is none', { size: -1 }],
    ['has a size of half a byte', { size: 0.5 }],
    ['has more bits than a mode', { mode: 0o10000 }],
  ])('is refused when a name %s', (_, change) => {
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    const order = orderOf([{ ...file, entry: { ...file.entry, ...change } }]);
    expect(() => unpackSendOrder(packSendOrder(order))).toThrow(DamagedColumnsError);
  });

  test('sets no condition by an ETag that no column can carry', () => {
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    for (const ifMatch of ['', 'a\0b', 'x'.repeat(256)]) {
      const order = orderOf([{ ...file, where: { ifMatch } }]);
      expect(unpackSendOrder(packSendOrder(order)).files[0]?.where).toBe('anywhere');
    }
  });

  test('the largest one, and the largest answer to it, can be read', () => {
    const etag = 'e'.repeat(255);
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    const order = orderOf(
      Array.from({ length: REMOTE_BATCH_FILES }, (_, at) => ({
        ...file,
        entry: { ...file.entry, path: `${at}`.padStart(127, 'n'), size: 1 },
        sends: 'any' as const,
        recorded: 'a'.repeat(32),
        where: { ifMatch: etag },
      })),
    );
    const packed = packSendOrder(order);
    expect(unpackSendOrder(packed).files).toEqual(order.files);
    const md5 = 'b'.repeat(32);
    const answers = order.files.map(
      ({ entry }): FileAnswer => ({
        state: 'sent',
        entry,
        content: { md5, looks: 'random', hashedAtMs: HASHED_AT },
        attributesDigest: '0'.repeat(16),
        confirmed: { md5, etag: 'e'.repeat(200), versionId: 'v'.repeat(200) },
      }),
    );
    const payload = packSendAnswer(packed, answers);
    expect(unpackSendAnswer(payload, packed, order, HASHED_AT)).toEqual(answers);
    const facts = { settings: {}, epoch: { session: 's', fence: 1 } };
    const job = { mirror: 'm', payload: packed, ...facts, source: { root: '1', landmarks: [] } };
    expect(readJob(job)?.payload).toBe(packed);
    expect(readAnswer({ worker: 'w', payload })).toEqual({ worker: 'w', payload });
  });

  test('is refused when a name comes twice, and when all files together are more than a batch', () => {
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    expect(() => unpackSendOrder(packSendOrder(orderOf([file, file])))).toThrow('twice');
    const large = Array.from({ length: 5 }, (_, at) => ({
      ...file,
      entry: { ...file.entry, path: `${at}`, size: 1024 * 1024 },
    }));
    expect(() => unpackSendOrder(packSendOrder(orderOf(large)))).toThrow('size');
  });
});

describe('an answer to an order to send', () => {
  test('says of each file what its worker said, and nothing of when it was read', () => {
    fc.assert(
      fc.property(anyAnswered, ([order, answers]) => {
        const packed = packSendOrder(order);
        const payload = packSendAnswer(packed, answers);
        expect(unpackSendAnswer(payload, packed, order, HASHED_AT)).toEqual(answers);
      }),
    );
  });

  test('is refused when it answers another order, and when it is shorter or longer than it was', () => {
    fc.assert(
      fc.property(anyAnswered, anyOrder, ([order, answers], other) => {
        const packed = packSendOrder(order);
        const payload = packSendAnswer(packed, answers);
        const unpack = (text: string, of: PlainOrder) => () =>
          unpackSendAnswer(text, packSendOrder(of), of, HASHED_AT);
        if (packSendOrder(other) !== packed)
          expect(unpack(payload, other)).toThrow(DamagedColumnsError);
        const bytes = Buffer.from(payload, 'base64');
        for (const text of [
          bytes.subarray(0, bytes.length - 1).toString('base64'),
          Buffer.concat([bytes, Buffer.of(0)]).toString('base64'),
          `${payload} `,
          '',
        ])
          expect(unpack(text, order)).toThrow(DamagedColumnsError);
      }),
    );
  });

  test('whatever bytes it has, it is refused, or confirms nothing but what was ordered', () => {
    fc.assert(
      fc.property(
        anyAnswered,
        fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        ([order, answers], changes) => {
          const packed = packSendOrder(order);
          const bytes = Buffer.from(packSendAnswer(packed, answers), 'base64');
          for (const { at, to } of changes) bytes[at % bytes.length] = to;
          let found: readonly FileAnswer[];
          try {
            found = unpackSendAnswer(bytes.toString('base64'), packed, order, HASHED_AT);
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedColumnsError);
            return;
          }
          for (const [row, answer] of found.entries()) {
            const { sends, recorded, entry } = order.files[row] ?? {};
            if (answer.state === 'same') expect(answer.content.md5).toBe(recorded);
            if (answer.state !== 'sent') continue;
            expect(sends).not.toBe('none');
            if (sends === 'ordinary') expect(answer.content.looks).toBe('ordinary');
            expect(answer.content.md5).toMatch(/^[0-9a-f]{32}$/);
            expect(answer.confirmed.md5).toBe(answer.content.md5);
            expect(answer.entry).toBe(entry);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['confirms a file that was only to be compared', { sends: 'none' as const }, 'ordinary'],
    [
      'confirms content that the guard was to be asked about',
      { sends: 'ordinary' as const },
      'random',
    ],
  ] as const)('is refused when it %s', (_, may, looks) => {
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    const order = orderOf([{ ...file, recorded: '0'.repeat(32), ...may }]);
    const packed = packSendOrder(order);
    const md5 = '1'.repeat(32);
    const content = { md5, looks, hashedAtMs: 0 };
    const sent: FileAnswer = { state: 'sent', entry: file.entry, content, confirmed: { md5 } };
    const payload = packSendAnswer(packed, [sent]);
    expect(() => unpackSendAnswer(payload, packed, order, 0)).toThrow('against its order');
  });

  test('is refused when it says that a condition was not met which was not set', () => {
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    const order = orderOf([{ ...file, where: 'anywhere' }]);
    const packed = packSendOrder(order);
    const payload = packSendAnswer(packed, [{ state: 'conflict' }]);
    expect(() => unpackSendAnswer(payload, packed, order, 0)).toThrow(DamagedColumnsError);
  });

  test('does not carry what only a look at the object can confirm: it says that the file may have been sent', () => {
    const [file] = fc.sample(anyOrderOf('a'), { numRuns: 1, seed: 1 });
    if (file === undefined) throw new Error('no sample');
    const order = orderOf([{ ...file, sends: 'any', recorded: undefined }]);
    const packed = packSendOrder(order);
    const md5 = '1'.repeat(32);
    const content = { md5, looks: 'ordinary', hashedAtMs: 0 } as const;
    for (const confirmed of [
      { md5: '2'.repeat(32) },
      { md5, md5Parts: '3'.repeat(32), partSize: 5 },
      { md5, etag: 'a\0b' },
    ]) {
      const sent: FileAnswer = { state: 'sent', entry: file.entry, content, confirmed };
      const payload = packSendAnswer(packed, [sent]);
      expect(unpackSendAnswer(payload, packed, order, 0)).toEqual([{ state: 'unconfirmed' }]);
    }
  });
});
