import { expect, test } from 'vitest';
import { createBatchMemory } from '../../../src/sync/source/batch-memory.js';

const KIB = 1024;

test('memory of batches: that of a batch which is over is given to the next one that it is large enough for', () => {
  const memory = createBatchMemory();
  const first = memory.take(300 * KIB);
  memory.give(first);
  const larger = memory.take(first.byteLength + 1);
  expect(larger).not.toBe(first);
  expect(larger.byteLength).toBeGreaterThan(first.byteLength);
  expect(memory.take(first.byteLength)).toBe(first);
});

test('memory of batches: nothing is given to two batches at once', () => {
  const memory = createBatchMemory();
  const pieces = Array.from({ length: 3 }, () => memory.take(KIB));
  expect(new Set(pieces).size).toBe(3);
  for (const piece of pieces) memory.give(piece);
  const again = Array.from({ length: 4 }, () => memory.take(KIB));
  expect(new Set([...pieces, ...again]).size).toBe(4);
  expect(new Set(again).size).toBe(4);
});

test('memory of batches: no more is kept than batches need at once', () => {
  const memory = createBatchMemory();
  const pieces = Array.from({ length: 6 }, () => memory.take(KIB));
  for (const piece of pieces) memory.give(piece);
  const again = Array.from({ length: 6 }, () => memory.take(KIB));
  expect(again.filter((piece) => pieces.includes(piece))).toHaveLength(4);
});

test('memory of batches: one without content takes none', () => {
  expect(createBatchMemory().take(0).byteLength).toBe(0);
});
