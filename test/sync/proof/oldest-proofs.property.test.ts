import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareProofs,
  lastProofMs,
  openOldestProofs,
  type ProofCandidate,
} from '../../../src/sync/proof/oldest-proofs.js';

const candidate: fc.Arbitrary<ProofCandidate> = fc.record({
  name: fc.string({ unit: 'binary', maxLength: 3 }),
  size: fc.nat(100),
  provenAtMs: fc.option(fc.nat(20), { nil: undefined }),
});
const candidates = fc.uniqueArray(candidate, { selector: ({ name }) => name, maxLength: 60 });

test('oldest proofs: are the first of all candidates in their order, however many are kept', async () => {
  await fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 30 }), (all, most) => {
      const oldest = openOldestProofs(most);
      for (const each of all) oldest.add(each);
      expect(oldest.taken()).toEqual([...all].sort(compareProofs).slice(0, most));
    }),
  );
});

test('oldest proofs: rounds of any size, each after the last of the one before, take every candidate once', async () => {
  await fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 10 }), (all, most) => {
      const taken: ProofCandidate[] = [];
      for (let after: ProofCandidate | undefined; ; after = taken.at(-1)) {
        const round = openOldestProofs(most, after);
        for (const each of all) round.add(each);
        if (round.taken().length === 0) break;
        taken.push(...round.taken());
      }
      expect(taken).toEqual([...all].sort(compareProofs));
    }),
  );
});

test('oldest proofs: an object that was never proven comes before any other', () => {
  const never = { name: 'z', size: 1, provenAtMs: undefined };
  const first = { name: 'a', size: 1, provenAtMs: Number.MIN_SAFE_INTEGER };
  expect([first, never].sort(compareProofs)).toEqual([never, first]);
});

test('last proof: one from the future is none', () => {
  expect(lastProofMs({ provenAtMs: 1000 }, 1000)).toBe(1000);
  expect(lastProofMs({ provenAtMs: 1001 }, 1000)).toBeUndefined();
  expect(lastProofMs({}, 1000)).toBeUndefined();
});
