import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPartMemory, type PartSlots } from '../../src/drivers/part-memory.js';
import { createSlotUse } from '../../src/drivers/part-slot-use.js';
import { MD5_WORKSPACE } from '../../src/md5-lanes.js';

const MIB = 2 ** 20;
const MOST = 4 * MIB;

interface Step {
  readonly partSize: number;
  readonly fileSize: number;
  /** Which of those that are reserved is freed before; none: beyond them. */
  readonly freed: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  partSize: fc.integer({ min: 1, max: MIB }),
  fileSize: fc.integer({ min: 1, max: 8 * MIB }),
  freed: fc.nat(12),
});

test('memory for parts: what is reserved overlaps nothing else, and is enough for the parts that are sent at once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const memory = createPartMemory(MOST);
      const reserved: PartSlots[] = [];
      for (const { partSize, fileSize, freed } of steps) {
        for (const slots of reserved.splice(freed, 1)) memory.free(slots);
        const slots = memory.reserve(partSize, fileSize);
        if (slots === undefined) continue;
        const { begin, bytes, count } = slots;
        const end = begin + bytes * count;
        expect(bytes).toBe(Math.min(partSize, fileSize));
        expect(count).toBeGreaterThanOrEqual(Math.min(4, Math.ceil(fileSize / partSize)));
        expect(begin).toBeGreaterThanOrEqual(MD5_WORKSPACE);
        expect(end).toBeLessThanOrEqual(memory.memory.buffer.byteLength);
        for (const other of reserved) {
          const isBefore = other.begin + other.bytes * other.count <= begin;
          expect(isBefore || end <= other.begin).toBe(true);
        }
        reserved.push(slots);
      }
    }),
    { numRuns: 50 },
  );
});

test('memory for parts: a file gets fewer slots where others have some, and none where too few are left', () => {
  const memory = createPartMemory(MOST);
  const first = memory.reserve(MIB / 2, 100 * MIB);
  expect(first?.count).toBe(8);
  expect(memory.reserve(1, 100)).toBeUndefined();
  memory.free(first as PartSlots);
  expect(memory.reserve(0.75 * MIB, 100 * MIB)?.count).toBe(5);
  expect(memory.reserve(MIB / 16, 100 * MIB)?.count).toBe(4);
  expect(memory.reserve(MIB, 100 * MIB)).toBeUndefined();
});

test('slots in use: those of a file are free once it has ended and the last part was released, in either order', () => {
  let nowMs = 0;
  const use = createSlotUse({ monotonic: () => nowMs });
  const freed: string[] = [];
  const early = use.begin(() => freed.push('ended last'));
  early.take(0);
  early.release(0);
  early.release(1); // was never in use
  expect(freed).toEqual([]);
  early.end();
  expect(freed).toEqual(['ended last']);
  const late = use.begin(() => freed.push('released last'));
  late.take(0);
  late.take(1);
  late.end();
  late.release(1);
  nowMs = 1_000;
  expect(use.hasLost(1_000)).toBe(true);
  expect(use.hasLost(1_001)).toBe(false);
  late.release(0);
  late.release(0);
  expect(freed).toEqual(['ended last', 'released last']);
  expect(use.hasLost(0)).toBe(false);
});
