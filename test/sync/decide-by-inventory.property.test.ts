import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import { decide, type RemoteFact } from '../../src/sync/decide.js';
import { type Claim, decideByInventory, LOOK_FIRST } from '../../src/sync/decide-by-inventory.js';
import { recordOf } from './records.js';
import { anyPolicy, entry } from './scan/sides-fixture.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

/** Content 0 to 2; the ETag of the last is no MD5 of it. */
function factOf(content: number): RemoteFact {
  const md5 = content === 0 ? A : B;
  return content === 2
    ? { size: 2, md5: A, etag: '"kms"', inspected: false }
    : { size: content, md5, etag: `"${md5}"`, inspected: false };
}

/** As a listing has it: the driver knows which objects are encrypted with a key of KMS, and takes no MD5 from their ETags. */
function listed(said: Claim): Claim {
  if (said === 'absent' || said.etag !== '"kms"') return said;
  const { md5: _, ...rest } = said;
  return rest;
}

const claim: fc.Arbitrary<Claim> = fc.oneof(
  fc.constant('absent' as const),
  fc.nat({ max: 2 }).map(factOf),
);
const record: fc.Arbitrary<ObjectRecord> = fc
  .record({
    content: fc.nat({ max: 2 }),
    state: fc.constantFrom('confirmed' as const, 'sending' as const),
  })
  .map(({ content, state }) => {
    const { size, etag } = factOf(content);
    const md5 = content === 0 ? A : B;
    return { ...recordOf(entry('a', size)), md5, state, ...(etag && { etag }) };
  });
const file = fc.option(
  fc.nat({ max: 2 }).map((size) => ({ entry: entry('a', size) })),
  { nil: undefined },
);

test('an inventory: where it is true, a look at what it leaves open comes to what a listing comes to', () => {
  fc.assert(
    fc.property(
      file,
      fc.option(record, { nil: undefined }),
      claim,
      anyPolicy,
      (local, known, said, policy) => {
        const byListing = decide(local, known, listed(said), policy);
        const { remote, decision } = decideByInventory(local, known, said, policy);
        const final = remote === 'ask' ? decide(local, known, listed(said), policy) : decision;
        expect(final).toEqual(byListing);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('P4: an inventory alone has no object sent, replaced, adopted or forgotten that has a file', () => {
  fc.assert(
    fc.property(
      file,
      fc.option(record, { nil: undefined }),
      claim,
      anyPolicy,
      (local, known, said, policy) => {
        const { remote, decision } = decideByInventory(local, known, said, policy);
        if (local === undefined) {
          // Extraneous: only once it was looked at. Of a record, a job looks before it forgets; a delete rests on the record.
          if (known === undefined) expect(remote).toBe('ask');
          else if (decision.action === 'delete')
            expect(decide(local, known, 'unknown', policy)).toEqual(decision);
          return;
        }
        if (remote === 'ask') expect(decision).toEqual(LOOK_FIRST);
        // What is decided without a look is what the index alone comes to, or is about metadata.
        else if (decision.action !== 'renew-metadata')
          expect(decision.action).toBe(decide(local, known, 'unknown', policy).action);
      },
    ),
  );
});

test('an inventory: says nothing of an object whose upload is not confirmed', () => {
  const known = { ...recordOf(entry('a', 1)), md5: B, state: 'sending' as const };
  const policy = {
    overwrite: 'always',
    extraneous: 'keep',
    deletes: 'mirror',
    metadata: { mtime: true, mode: true, owner: false },
  } as const;
  expect(decideByInventory({ entry: entry('a', 1) }, known, factOf(1), policy)).toEqual({
    remote: 'ask',
    decision: LOOK_FIRST,
  });
});
