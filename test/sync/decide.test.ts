import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../src/state/object-index.js';
import {
  type Decision,
  decide,
  isOfOurs,
  type LocalFact,
  type Policy,
  type Remote,
  type RemoteFact,
} from '../../src/sync/decide.js';

describe('decide, row by row', () => {
  const entry = {
    path: 'x',
    kind: 'file' as const,
    size: 3,
    mtimeNs: 1n,
    ctimeNs: 1n,
    inode: 1n,
    mode: 0o644,
    uid: 0,
    gid: 0,
  };
  const md5 = 'a'.repeat(32);
  const record: ObjectRecord = { state: 'confirmed', md5, hashedAtMs: 10_000, ...entry };
  const rules: Policy = {
    overwrite: 'always',
    extraneous: 'keep',
    deletes: 'mirror',
    metadata: { mtime: true, mode: true, owner: false },
  };
  const same: RemoteFact = { size: 3, md5, inspected: false };
  const other: RemoteFact = { size: 3, md5: 'b'.repeat(32), inspected: false };

  test.each<[string, LocalFact | undefined, ObjectRecord | undefined, Remote, Decision]>([
    ['present, none, unknown', { entry }, undefined, 'unknown', { action: 'upload', why: 'new' }],
    ['present, none, absent', { entry }, undefined, 'absent', { action: 'upload', why: 'new' }],
    ['present and hashed, none, same', { entry, md5 }, undefined, same, { action: 'adopt' }],
    [
      'present, none, same size: the digest decides',
      { entry },
      undefined,
      same,
      { action: 'learn', what: 'local-md5' },
    ],
    [
      'present, none, same size, no digest reported',
      { entry },
      undefined,
      { size: 3, inspected: false },
      { action: 'learn', what: 'remote-md5' },
    ],
    [
      'present, none, digest never reported',
      { entry, md5 },
      undefined,
      { size: 3, inspected: true },
      { action: 'upload', why: 'other-content' },
    ],
    [
      'present, none, other',
      { entry, md5 },
      undefined,
      other,
      { action: 'upload', why: 'other-content' },
    ],
    [
      'present, none, other size',
      { entry },
      undefined,
      { ...other, size: 9 },
      { action: 'upload', why: 'other-content' },
    ],
    ['same stat, present, unknown', { entry }, record, 'unknown', { action: 'nothing' }],
    ['same stat, present, same', { entry }, record, same, { action: 'nothing' }],
    [
      'same stat, metadata of other settings, unknown',
      { entry },
      { ...record, metadataEpoch: 1 },
      'unknown',
      { action: 'nothing' },
    ],
    [
      'same stat, metadata of other settings, same',
      { entry },
      { ...record, metadataEpoch: 1 },
      same,
      { action: 'renew-metadata' },
    ],
    ['same stat, present, absent', { entry }, record, 'absent', { action: 'upload', why: 'drift' }],
    ['same stat, present, different', { entry }, record, other, { action: 'upload', why: 'drift' }],
    [
      'same stat, no digest reported, same etag',
      { entry },
      { ...record, etag: 'e1' },
      { size: 3, etag: 'e1', inspected: false },
      { action: 'nothing' },
    ],
    [
      'same stat, no digest reported, other etag',
      { entry },
      { ...record, etag: 'e1' },
      { size: 3, etag: 'e2', inspected: false },
      { action: 'learn', what: 'remote-md5' },
    ],
    [
      'same stat, no digest and no etag reported',
      { entry },
      { ...record, etag: 'e1' },
      { size: 3, inspected: false },
      { action: 'nothing' },
    ],
    [
      'same stat, no etag known',
      { entry },
      record,
      { size: 3, etag: 'e2', inspected: false },
      { action: 'nothing' },
    ],
    [
      'same stat, same digest under another etag',
      { entry },
      { ...record, etag: 'e1' },
      { ...same, etag: 'e2' },
      { action: 'nothing' },
    ],
    [
      'same stat but racy',
      { entry },
      { ...record, hashedAtMs: 0 },
      'unknown',
      { action: 'learn', what: 'local-md5' },
    ],
    [
      'other stat, not yet hashed',
      { entry: { ...entry, mtimeNs: 2n } },
      record,
      'unknown',
      { action: 'learn', what: 'local-md5' },
    ],
    [
      'other stat, same digest',
      { entry: { ...entry, mtimeNs: 2n }, md5 },
      record,
      'unknown',
      { action: 'refresh', metadata: true },
    ],
    [
      'other inode, same digest and metadata',
      { entry: { ...entry, inode: 2n }, md5 },
      record,
      'unknown',
      { action: 'refresh', metadata: false },
    ],
    [
      'other stat, other digest',
      { entry: { ...entry, mtimeNs: 2n }, md5: other.md5 ?? '' },
      record,
      'unknown',
      { action: 'upload', why: 'changed' },
    ],
    [
      'other size',
      { entry: { ...entry, size: 9 } },
      record,
      'unknown',
      { action: 'upload', why: 'changed' },
    ],
    ['absent, present, unknown', undefined, record, 'unknown', { action: 'delete', why: 'gone' }],
    ['absent, present, absent', undefined, record, 'absent', { action: 'forget' }],
    [
      'absent, sending, unknown',
      undefined,
      { ...record, state: 'sending' },
      'unknown',
      { action: 'delete', why: 'gone' },
    ],
    ['absent, none, present', undefined, undefined, same, { action: 'nothing' }],
    ['absent, none, absent', undefined, undefined, 'absent', { action: 'nothing' }],
  ])('%s', (_row, local, knownRecord, remoteFact, expected) => {
    expect(decide(local, knownRecord, remoteFact, rules)).toEqual(expected);
  });

  test.each<[string, Partial<typeof entry>, boolean]>([
    ['user', { uid: 1 }, true],
    ['group', { gid: 1 }, true],
    ['inode', { inode: 2n }, false],
  ])(
    'a file of another %s has other metadata, where owners are kept: %s',
    (_what, change, metadata) => {
      const keepOwners: Policy = { ...rules, metadata: { mtime: false, mode: false, owner: true } };
      const changed = { ...entry, ctimeNs: 2n, ...change };
      expect(decide({ entry: changed, md5 }, record, 'unknown', keepOwners)).toEqual({
        action: 'refresh',
        metadata,
      });
      expect(decide({ entry: changed, md5 }, record, 'unknown', rules)).toEqual({
        action: 'refresh',
        metadata: false,
      });
    },
  );

  test('absent, none, present: as the mirror says', () => {
    expect(decide(undefined, undefined, same, { ...rules, extraneous: 'report' })).toEqual({
      action: 'report',
      what: 'extraneous',
    });
    expect(decide(undefined, undefined, same, { ...rules, extraneous: 'delete' })).toEqual({
      action: 'delete',
      why: 'extraneous',
    });
  });

  test('deletes: keep leaves the object and its record', () => {
    expect(decide(undefined, record, 'unknown', { ...rules, deletes: 'keep' })).toEqual({
      action: 'nothing',
    });
  });

  test('overwrite: never asks for the object before it sends, where no listing has shown it', () => {
    const careful: Policy = { ...rules, overwrite: 'never' };
    const mark: ObjectRecord = { ...record, state: 'sending' };
    expect(decide({ entry }, undefined, 'unknown', careful)).toEqual({
      action: 'learn',
      what: 'remote',
    });
    expect(decide({ entry }, mark, 'unknown', careful)).toEqual({
      action: 'learn',
      what: 'remote',
    });
    expect(decide({ entry, md5: other.md5 ?? '' }, mark, same, careful)).toEqual({
      action: 'upload',
      why: 'unconfirmed',
    });
    expect(decide({ entry, md5 }, mark, { ...other, inspected: true }, careful)).toEqual({
      action: 'report',
      what: 'overwrite-refused',
    });
  });

  test('an upload without an answer is recognised by its size and time, as far as times can be set', () => {
    const times = { mtimeNs: 1_700_000_000_123_456_789n };
    const mark: ObjectRecord = { ...record, state: 'sending', size: 5, ...times };
    const there = (mtimeNs?: bigint, size = 5) =>
      isOfOurs(mark, { size, inspected: false, ...(mtimeNs !== undefined && { mtimeNs }) });
    expect(there(1_700_000_000_123_456_789n)).toBe(true);
    expect(there(1_700_000_000_123_456_000n)).toBe(true);
    expect(there(1_700_000_000_123_450_000n)).toBe(false);
    expect(there(1_700_000_000_123_456_000n, 6)).toBe(false);
    expect(there()).toBe(false);
  });

  test('overwrite: never reports an object of another program with other content', () => {
    expect(decide({ entry, md5 }, undefined, other, { ...rules, overwrite: 'never' })).toEqual({
      action: 'report',
      what: 'overwrite-refused',
    });
  });
});
