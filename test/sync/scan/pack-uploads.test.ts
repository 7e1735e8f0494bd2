import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../../src/sync/decide.js';
import type { Finding } from '../../../src/sync/scan/compare.js';
import { createUploadPacker } from '../../../src/sync/scan/pack-uploads.js';
import type { FoundBatch } from '../../../src/sync/scan/scan-items.js';
import {
  BATCH_BYTES,
  BATCH_FILES,
  BATCH_NAME_BYTES,
  REMOTE_BATCH_FILES,
  unpackBatch,
} from '../../../src/sync/upload-batch.js';
import { record } from '../../state/fixtures.js';

const policy: Policy = {
  overwrite: 'always',
  extraneous: 'report',
  deletes: 'mirror',
  metadata: { mtime: true, mode: false, owner: false },
};

function finding(at: number, size: number, plain: boolean): Finding {
  const name = `f${at}`;
  const local = {
    path: name,
    kind: 'file',
    size,
    mtimeNs: 1n,
    ctimeNs: 2n,
    inode: BigInt(at),
    mode: 0o644,
    uid: 1,
    gid: 1,
  } as const;
  const decision = plain
    ? ({ action: 'upload', why: 'new' } as const)
    : ({ action: 'adopt' } as const);
  return { kind: 'finding', name, local, known: undefined, remote: 'absent', decision };
}

function renamed(found: Finding, name: string): Finding {
  const { local } = found;
  return local === undefined ? found : { ...found, name, local: { ...local, path: name } };
}

function namesOf(item: Finding | FoundBatch): readonly string[] {
  return item.kind === 'finding'
    ? [item.name]
    : unpackBatch(item.batch).map(({ entry }) => entry.path);
}

const sizes = fc.oneof(
  { weight: 5, arbitrary: fc.nat(20_000) },
  { weight: 1, arbitrary: fc.nat(1024 * 1024) },
);
const found = fc
  .array(fc.tuple(sizes, fc.boolean()), { maxLength: 60 })
  .chain((few) =>
    fc
      .nat(1_200)
      .map((many) => [...few, ...Array.from({ length: many }, () => [7, true] as const)]),
  );

describe('packing the uploads that a scan finds', () => {
  test('gives out every finding once, plain ones in their order, in batches of a bounded size', () => {
    fc.assert(
      fc.property(found, (files) => {
        const packer = createUploadPacker(policy, BATCH_FILES);
        const findings = files.map(([size, plain], at) => finding(at, size, plain));
        const items = [...findings.flatMap((each) => packer.add(each)), ...packer.flush()];
        const plain = findings.filter(({ decision }) => decision.action === 'upload');
        const given = items.flatMap((item) => namesOf(item));
        expect(given.toSorted()).toEqual(findings.map(({ name }) => name).toSorted());
        const isPlain = new Set(plain.map(({ name }) => name));
        expect(given.filter((name) => isPlain.has(name))).toEqual(plain.map(({ name }) => name));
        for (const item of items) {
          if (item.kind !== 'uploads') continue;
          const batch = unpackBatch(item.batch);
          expect(batch.length).toBeGreaterThanOrEqual(16);
          expect(batch.length).toBeLessThanOrEqual(BATCH_FILES);
          expect(batch.reduce((sum, { entry }) => sum + entry.size, 0)).toBeLessThanOrEqual(
            BATCH_BYTES,
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test('gives out batches of more files where it may, and no more than 256 KiB of names', () => {
    const packer = createUploadPacker(policy, REMOTE_BATCH_FILES);
    const short = Array.from({ length: 3_000 }, (_, at) => finding(at, 1, true));
    const long = short.map((each) => renamed(each, `${'é'.repeat(100)}/${each.name}`));
    const items = [...short, ...long].flatMap((each) => packer.add(each));
    const batches = [...items, ...packer.flush()].map(namesOf);
    const bytes = batches.map((names) => Buffer.byteLength(names.join('\0')));
    expect(batches[0]).toHaveLength(REMOTE_BATCH_FILES);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(BATCH_NAME_BYTES);
    expect(Math.max(...bytes)).toBeGreaterThan(BATCH_NAME_BYTES - 300);
    expect(batches.flat()).toEqual([...short, ...long].map(({ name }) => name));
  });

  test('gives out what it has collected when asked, and then has nothing', () => {
    const packer = createUploadPacker(policy, BATCH_FILES);
    for (let at = 0; at < 16; at += 1) expect(packer.add(finding(at, 1, true))).toEqual([]);
    const [batch, ...others] = packer.flush();
    expect(batch?.kind).toBe('uploads');
    expect(others).toEqual([]);
    expect(packer.flush()).toEqual([]);
  });

  test('an upload that replaces an object comes after the files that were found before it', () => {
    const packer = createUploadPacker(policy, BATCH_FILES);
    const found = Array.from({ length: 20 }, (_, at) => finding(at, 1, true));
    const before = found.flatMap((each) => packer.add(each));
    const large = { ...finding(20, 1, false), known: record() };
    const items = [...before, ...packer.add(large)];
    expect(items.map((item) => namesOf(item).length)).toEqual([20, 1]);
    expect(items.at(-1)).toBe(large);
  });

  test('leaves fewer than 16 files to jobs of their own', () => {
    const packer = createUploadPacker(policy, BATCH_FILES);
    const few = Array.from({ length: 15 }, (_, at) => finding(at, 1, true));
    expect(few.flatMap((each) => packer.add(each))).toEqual([]);
    expect(packer.flush()).toEqual(few);
  });
});
