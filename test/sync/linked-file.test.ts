import { expect, test } from 'vitest';
import { decide, type Policy } from '../../src/sync/decide.js';
import { decideByRecord } from '../../src/sync/decide-by-record.js';
import { linkGroupIn } from '../../src/sync/linked-file.js';
import { metadataState, objectMetadata } from '../../src/sync/store/object-metadata.js';

const POLICY: Policy = {
  overwrite: 'always',
  extraneous: 'keep',
  deletes: 'mirror',
  metadata: { mtime: true, mode: false, owner: false, hardlinks: true },
};
const COPY: Policy = { ...POLICY, metadata: { ...POLICY.metadata, hardlinks: false } };

const entry = {
  path: 'a',
  kind: 'file' as const,
  size: 3,
  mtimeNs: 5_000_000_001n,
  ctimeNs: 6_000_000_001n,
  inode: 77n,
  mode: 0o644,
  uid: 0,
  gid: 0,
};
const linked = { ...entry, links: 2 };
const md5 = '900150983cd24fb0d6963f7d28e17f72';
const { path: _, ...stat } = entry;
const record = { ...stat, state: 'confirmed' as const, md5, hashedAtMs: 1_000_000 };
const recorded = { ...record, hardLink: true as const };

test('linked file: its object gets and loses the key without its content', () => {
  const renew = { action: 'renew-metadata' };
  const nothing = { action: 'nothing' };
  expect(decide({ entry: linked }, record, 'unknown', POLICY)).toEqual(renew);
  expect(decide({ entry: linked }, recorded, 'unknown', POLICY)).toEqual(nothing);
  expect(
    decide({ entry: linked }, { ...recorded, guarded: 'rejected' }, 'unknown', POLICY),
  ).toEqual({ action: 'release' });
  expect(decide({ entry }, recorded, 'unknown', POLICY)).toEqual(renew);
  expect(decide({ entry }, record, 'unknown', POLICY)).toEqual(nothing);
  // A link that came or went has moved the ctime.
  const touched = { ctimeNs: 7_000_000_001n };
  const refresh = (metadata: boolean) => ({ action: 'refresh', metadata });
  const decided = (local: typeof linked, known: typeof record) =>
    decide({ entry: { ...local, ...touched }, md5 }, known, 'unknown', POLICY);
  expect(decided(linked, record)).toEqual(refresh(true));
  expect(decided(linked, recorded)).toEqual(refresh(false));
  expect(decided({ ...linked, inode: 78n }, recorded)).toEqual(refresh(true));
});

test('linked file: hardlinks: copy looks at no names, and a proof by records asks for nothing', () => {
  expect(decide({ entry: linked }, record, 'unknown', COPY)).toEqual({ action: 'nothing' });
  expect(decide({ entry }, recorded, 'unknown', COPY)).toEqual({ action: 'nothing' });
  expect(decideByRecord(recorded, 'unknown', POLICY)).toEqual({ action: 'nothing' });
});

test('linked file: the metadata has the inode, and nothing else counts as a group', () => {
  expect(objectMetadata(linked, POLICY)).toMatchObject({ hardlink: '77' });
  for (const made of [objectMetadata(entry, POLICY), objectMetadata(linked, COPY)])
    expect(made).not.toHaveProperty('hardlink');
  expect(objectMetadata({ ...linked, kind: 'symlink' }, POLICY)).not.toHaveProperty('hardlink');
  const mtime = '5.000000001';
  expect(metadataState({ mtime }, linked, POLICY)).toBe('incomplete');
  expect(metadataState({ mtime, hardlink: '78' }, linked, POLICY)).toBe('stale');
  expect(metadataState({ mtime, hardlink: '77' }, linked, POLICY)).toBe('current');
  expect(linkGroupIn({ hardlink: '18446744073709551615' })).toBe('18446744073709551615');
  for (const hardlink of ['', '-1', '1e3', 'x', '1'.repeat(21)])
    expect(linkGroupIn({ hardlink })).toBeUndefined();
});
