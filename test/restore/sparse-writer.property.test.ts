import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSparseWriter } from '../../src/restore/sparse-writer.js';
import { runsOf } from '../../src/sync/ranges/sparse-runs.js';
import { temporaryFolder } from '../world/folder.js';

/** Blocks and pieces of blocks, of zeros or not. */
const chunks = fc.array(
  fc
    .tuple(fc.constantFrom(1, 100, 4095, 4096, 4097, 8192, 20_000), fc.constantFrom(0, 0, 7))
    .map(([size, byte]) => Buffer.alloc(size, byte)),
  { maxLength: 6 },
);

test('the runs of a chunk follow each other from its beginning to its end, and holes are whole blocks of zeros', () => {
  fc.assert(
    fc.property(chunks, fc.nat(10_000), (parts, position) => {
      const chunk = Buffer.concat(parts);
      let at = 0;
      for (const { start, end, isHole } of runsOf(chunk, position)) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        at = end;
        if (!isHole) continue;
        expect((position + start) % 4096).toBe(0);
        expect((position + end) % 4096).toBe(0);
        expect(chunk.subarray(start, end).every((byte) => byte === 0)).toBe(true);
      }
      expect(at).toBe(chunk.length);
    }),
  );
});

test('a file that is written sparsely reads as it was written', async () => {
  const path = join(temporaryFolder(), 'file');
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      const file = await open(path, 'w');
      const writer = openSparseWriter(file);
      for (const part of parts) await writer.write(part);
      await writer.finish();
      await file.close();
      expect((await readFile(path)).equals(Buffer.concat(parts))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('blocks of zeros take no room on the disk', async () => {
  const path = join(temporaryFolder(), 'file');
  const file = await open(path, 'w');
  const writer = openSparseWriter(file);
  for (let i = 0; i < 64; i++) await writer.write(Buffer.alloc(65_536));
  await writer.finish();
  await file.close();
  expect(await stat(path)).toMatchObject({ size: 64 * 65_536, blocks: 0 });
});
