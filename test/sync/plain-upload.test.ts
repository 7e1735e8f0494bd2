import { describe, expect, test } from 'vitest';
import type { Decision, Policy } from '../../src/sync/decide.js';
import { type FoundUpload, plainUpload } from '../../src/sync/plain-upload.js';
import { record } from '../state/fixtures.js';

const entry = {
  path: 'a/b',
  kind: 'file',
  size: 5,
  mtimeNs: 1n,
  ctimeNs: 2n,
  inode: 3n,
  mode: 0o644,
  uid: 1,
  gid: 1,
} as const;

const found = (changes: Partial<FoundUpload> = {}): FoundUpload => ({
  local: entry,
  known: undefined,
  remote: 'unknown',
  decision: { action: 'upload', why: 'new' },
  ...changes,
});

const policy = (changes: Partial<Policy> = {}) =>
  ({ overwrite: 'always', deletes: 'mirror', ...changes }) as const;

describe('a file that goes with a batch', () => {
  test.each(['new', 'changed', 'drift'] as const)(
    'is a small regular file with the decision to upload it because it is %s',
    (why) => {
      expect(plainUpload(found({ decision: { action: 'upload', why } }), policy())).toEqual({
        entry,
        why,
        listed: 'unknown',
      });
    },
  );

  test('was never confirmed, and a listing shows that no object is left of it', () => {
    const decision = { action: 'upload', why: 'unconfirmed' } as const;
    expect(plainUpload(found({ decision, remote: 'absent' }), policy())).toBeDefined();
    expect(plainUpload(found({ decision, remote: 'unknown' }), policy())).toBeUndefined();
    const object = { size: 1, inspected: false };
    expect(plainUpload(found({ decision, remote: object }), policy())).toBeUndefined();
  });

  test('keeps whether a listing showed that there is an object, or none', () => {
    expect(plainUpload(found({ remote: 'absent' }), policy())?.listed).toBe('absent');
    const object = { size: 1, inspected: false };
    expect(plainUpload(found({ remote: object }), policy())?.listed).toBe('present');
  });

  test('may have 1 MiB, and not a byte more', () => {
    const sized = (size: number) => plainUpload(found({ local: { ...entry, size } }), policy());
    expect(sized(1024 * 1024)).toBeDefined();
    expect(sized(1024 * 1024 + 1)).toBeUndefined();
  });

  test('with `deletes: trash` has no record and, by a listing, no object', () => {
    const trash = policy({ deletes: 'trash' });
    expect(plainUpload(found({ remote: 'absent' }), trash)).toBeDefined();
    expect(plainUpload(found({ remote: 'unknown' }), trash)).toBeUndefined();
    expect(plainUpload(found({ remote: 'absent', known: record() }), trash)).toBeUndefined();
  });
});

describe('a file that has a job of its own', () => {
  const others: readonly (readonly [string, Partial<FoundUpload>])[] = [
    ['is a symbolic link', { local: { ...entry, kind: 'symlink' } }],
    ['has several names', { local: { ...entry, links: 2 } }],
    ['is gone', { local: undefined, decision: { action: 'delete', why: 'gone' } }],
    [
      'replaces an object of others, whose beginning the guard looks at',
      { decision: { action: 'upload', why: 'other-content' } },
    ],
    ['has an open decision of the guard', { known: record({ guarded: 'overwrite-approved' }) }],
    ...(
      [
        { action: 'learn', what: 'local-md5' },
        { action: 'adopt' },
        { action: 'refresh', metadata: true },
        { action: 'renew-metadata' },
        { action: 'release' },
      ] as readonly Decision[]
    ).map((decision) => [`is to ${decision.action}`, { decision }] as const),
  ];

  test.each(others)('%s', (_, changes) => {
    expect(plainUpload(found(changes), policy())).toBeUndefined();
  });

  test('may not overwrite objects of others', () => {
    expect(plainUpload(found(), policy({ overwrite: 'never' }))).toBeUndefined();
  });
});
