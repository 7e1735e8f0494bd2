import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Evidence, whatChanged } from '../../src/sync/evidence.js';

const file = fc.record({
  kind: fc.constantFrom('file' as const, 'symlink' as const),
  size: fc.nat(3),
  mtimeNs: fc.constantFrom('0', '1'),
  ctimeNs: fc.constantFrom('0', '1'),
  inode: fc.constantFrom('0', '1'),
});
const record = fc.record(
  {
    state: fc.constantFrom('confirmed' as const, 'sending' as const),
    size: fc.nat(3),
    mtimeNs: fc.constantFrom('0', '1'),
    md5: fc.constantFrom('', 'a'),
    md5Parts: fc.constantFrom('a', 'b'),
    etag: fc.constantFrom('a', 'b'),
  },
  { requiredKeys: ['state', 'size', 'mtimeNs', 'md5'] },
);
const object = fc.oneof(
  fc.constant('absent' as const),
  fc.record(
    { size: fc.nat(3), etag: fc.constantFrom('a', 'b'), md5: fc.constantFrom('a', 'b') },
    { requiredKeys: ['size', 'etag'] },
  ),
);
const evidence: fc.Arbitrary<Evidence> = fc.record(
  {
    file: fc.option(file),
    record: fc.option(record),
    object,
    from: fc.record({ name: fc.constantFrom('x', 'y'), record: fc.option(record) }),
  },
  { requiredKeys: ['file', 'record', 'object'] },
);

describe('evidence', () => {
  test('that is equal, also after JSON, has not changed', () => {
    fc.assert(
      fc.property(evidence, (then) => {
        expect(whatChanged(then, then)).toBeUndefined();
        expect(whatChanged(JSON.parse(JSON.stringify(then)), then)).toBeUndefined();
      }),
    );
  });

  test('has changed when any part has', () => {
    fc.assert(
      fc.property(evidence, evidence, (then, now) => {
        const isSame =
          JSON.stringify(then.file) === JSON.stringify(now.file) &&
          JSON.stringify(then.record) === JSON.stringify(now.record) &&
          sameObject(then.object, now.object) &&
          (then.from === undefined || JSON.stringify(then.from) === JSON.stringify(now.from));
        expect(whatChanged(then, now) === undefined).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of an object that nothing has asked for says nothing against an action', () => {
    const then: Evidence = { file: null, record: null, object: 'unknown' };
    expect(whatChanged(then, { ...then, object: 'absent' })).toBeUndefined();
    expect(whatChanged(then, { ...then, object: { size: 3 } })).toBeUndefined();
  });

  test('of an object without an ETag is its size and its MD5', () => {
    const of = (md5: string): Evidence => ({ file: null, record: null, object: { size: 3, md5 } });
    expect(whatChanged(of('a'), of('a'))).toBeUndefined();
    expect(whatChanged(of('a'), of('b'))).toBe('the object in the container is another one');
  });
});

function sameObject(one: Evidence['object'], other: Evidence['object']): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.size === other.size && one.etag === other.etag;
}
