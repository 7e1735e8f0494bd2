import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexEntry } from '../../../src/state/index-entry.js';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { decide, type RemoteFact } from '../../../src/sync/decide.js';
import { isPlainlyUnchanged } from '../../../src/sync/scan/compare.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { MIRROR, recordOf } from '../records.js';
import { anyPolicy, EMPTY_MD5, entry, fact } from './sides-fixture.js';

describe('plainly unchanged', () => {
  it('P1: calls no name plainly unchanged that needs a decision', () => {
    const few = fc.nat({ max: 1 });
    const about = fc.record({
      size: few,
      mtimeNs: few,
      ctimeNs: few,
      inode: few,
      kind: fc.constantFrom('file' as const, 'symlink' as const),
    });
    const md5 = fc.constantFrom(EMPTY_MD5, 'f'.repeat(32));
    const remote = fc.oneof(
      fc.constantFrom('unknown' as const, 'absent' as const),
      fc
        .record({ size: few, md5: fc.option(md5, { nil: undefined }) })
        .map(({ size, md5 }) => ({ ...fact(size), md5 }) as RemoteFact),
    );
    const known = fc.record({
      state: fc.constantFrom('confirmed' as const, 'sending' as const),
      md5,
      hashedAgoMs: fc.constantFrom(0, 60_000),
    });
    const guarded = fc.constantFrom(undefined, 'delete-held' as const, 'rejected' as const);
    const local = ({
      mtimeNs,
      ctimeNs,
      inode,
      ...about
    }: {
      size: number;
      mtimeNs: number;
      ctimeNs: number;
      inode: number;
      kind: LocalEntry['kind'];
    }) => ({
      ...entry('a', about.size),
      ...about,
      mtimeNs: BigInt(mtimeNs),
      ctimeNs: BigInt(ctimeNs),
      inode: BigInt(inode),
    });
    let plain = 0;
    fc.assert(
      fc.property(
        about,
        about,
        known,
        guarded,
        remote,
        anyPolicy,
        (here, before, { state, md5, hashedAgoMs }, guarded, remote, policy) => {
          const now = local(here);
          const record: ObjectRecord = {
            ...recordOf(local(before)),
            state,
            md5,
            hashedAtMs: hashedAgoMs,
            ...(guarded !== undefined && { guarded }),
          };
          if (!isPlainlyUnchanged(now, indexEntry('a', record), remote, policy)) return;
          plain += 1;
          expect(decide({ entry: now }, record, remote, policy)).toEqual({ action: 'nothing' });
        },
      ),
      { numRuns: 20_000 },
    );
    expect(plain).toBeGreaterThan(0);
  });

  it('calls a file plainly unchanged whose stat and object are those of its record', () => {
    const here = entry('a', 1);
    const record = indexEntry('a', recordOf(here));
    for (const remote of ['unknown', fact(1)] as const)
      expect(isPlainlyUnchanged(here, record, remote, MIRROR)).toBe(true);
    for (const remote of ['absent', fact(0), { ...fact(1), md5: 'f'.repeat(32) }] as const)
      expect(isPlainlyUnchanged(here, record, remote, MIRROR)).toBe(false);
    expect(
      isPlainlyUnchanged(
        here,
        indexEntry('a', { ...recordOf(here), hashedAtMs: 0 }),
        'unknown',
        MIRROR,
      ),
      'hashed as it changed',
    ).toBe(false);
  });

  it('calls no file of a reconcile plainly unchanged whose object has the metadata of other settings', () => {
    const here = entry('a', 1);
    const record = indexEntry('a', { ...recordOf(here), metadataEpoch: 1 });
    expect(isPlainlyUnchanged(here, record, fact(1), { ...MIRROR, metadataEpoch: 1 })).toBe(true);
    for (const metadataEpoch of [0, 2]) {
      expect(isPlainlyUnchanged(here, record, fact(1), { ...MIRROR, metadataEpoch })).toBe(false);
      expect(isPlainlyUnchanged(here, record, 'unknown', { ...MIRROR, metadataEpoch })).toBe(true);
    }
  });
});
