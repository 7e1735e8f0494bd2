import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PutOutcome } from '../../src/drivers/capabilities.js';
import { ObjectError, TargetUnavailableError } from '../../src/drivers/errors.js';
import { OPEN_PASSAGE, type Passage } from '../../src/drivers/passage.js';
import { createPutRun } from '../../src/drivers/put-run.js';
import { call } from './conformance/fixture.js';

const stored: PutOutcome = { stored: { md5: 'm' } };
const refused: PutOutcome = { error: new ObjectError('k', 'is refused', { driver: 'memory' }) };
const down: PutOutcome = { error: new TargetUnavailableError('is down', { driver: 'memory' }) };

/** A run whose puts end when the test says so. */
function rig(count: number, passage: Passage = OPEN_PASSAGE) {
  const begun: number[] = [];
  const sizes = Array.from({ length: count }, () => 1);
  const run = createPutRun({ sizes, passage, begin: (row) => void begun.push(row) }, call);
  return { run, begun, outcomes: run.outcomes() };
}

test('put run: resolves at once when there is nothing to put', async () => {
  expect(await rig(0).outcomes).toEqual([]);
});

test('put run: a refused object has an error, and the others are stored', async () => {
  const { run, outcomes } = rig(3);
  run.ended(1, refused);
  run.ended(0, stored);
  run.ended(2, stored);
  expect(await outcomes).toEqual([stored, refused, stored]);
});

test('put run: begins nothing after trouble of the target, and waits for what is under way', async () => {
  const two: Passage = limited(2);
  const { run, begun, outcomes } = rig(5, two);
  run.ended(0, down);
  expect(begun).toEqual([0, 1]);
  run.ended(1, stored);
  expect(await outcomes).toEqual([down, stored, undefined, undefined, undefined]);
});

test('put run: begins nothing when the passage is closed', async () => {
  const closed: Passage = {
    enter() {
      throw new Error('stopped');
    },
    leave() {},
  };
  expect(await rig(2, closed).outcomes).toEqual([undefined, undefined]);
  const closing: Passage = { enter: () => Promise.reject(new Error('stopped')), leave() {} };
  expect(await rig(2, closing).outcomes).toEqual([undefined, undefined]);
});

/** Admits so many at once; each that is alone may have to wait for a turn. */
function limited(most: number, waits: () => boolean = () => false) {
  let inside = 0;
  const seen = { most: 0, inside: () => inside };
  const let1 = () => {
    inside += 1;
    seen.most = Math.max(seen.most, inside);
    return {};
  };
  return {
    ...seen,
    seen,
    enter(_bytes: number, alone: boolean) {
      if (inside >= most) {
        if (alone) throw new Error('nothing was under way, and none may begin');
        return 'full' as const;
      }
      return waits() ? Promise.resolve().then(let1) : let1();
    },
    leave() {
      inside -= 1;
    },
  };
}

test('put run: each put begins once, in order, within the limit, whichever way puts end and wait', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.record({ waits: fc.boolean(), atOnce: fc.boolean() })),
      async (count, most, choices) => {
        const next = () => choices.next().value!;
        const passage = limited(most, () => next().waits);
        const begun: number[] = [];
        const sizes = Array.from({ length: count }, () => 1);
        const run = createPutRun(
          {
            sizes,
            passage,
            begin(row) {
              begun.push(row);
              if (next().atOnce) run.ended(row, stored);
              else setImmediate(() => run.ended(row, stored));
            },
          },
          call,
        );
        expect(await run.outcomes()).toEqual(sizes.map(() => stored));
        expect(begun).toEqual([...sizes.keys()]);
        expect(passage.seen.most).toBeLessThanOrEqual(most);
        expect(passage.seen.inside()).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});
