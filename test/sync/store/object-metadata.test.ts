import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  metadataState,
  mtimeNsIn,
  objectMetadata,
  secondsText,
} from '../../../src/sync/store/object-metadata.js';
import { anyTimeNs } from '../../state/fixtures.js';

const entry = {
  path: 'a',
  kind: 'file',
  size: 1,
  mtimeNs: 1_700_000_000_000_000_001n,
  ctimeNs: 0n,
  inode: 1n,
  mode: 0o640,
  uid: 7,
  gid: 8,
} as const;

test('P10: object metadata: has the names and forms of rclone', () => {
  expect(objectMetadata(entry, { metadata: { mtime: true, mode: true, owner: true } })).toEqual({
    mtime: '1700000000.000000001',
    mode: '100640',
    uid: '7',
    gid: '8',
  });
  expect(
    objectMetadata(
      { ...entry, kind: 'symlink', mode: 0o777 },
      { metadata: { mtime: false, mode: true, owner: false } },
    ),
  ).toEqual({
    mode: '120777',
  });
});

test('object metadata: is stale when it differs from the file or has no time', () => {
  const policy = { metadata: { mtime: true, mode: true, owner: false } };
  const own = objectMetadata(entry, policy);
  expect(metadataState(own, entry, policy)).toBe('current');
  expect(metadataState({ ...own, mtime: '1700000000' }, entry, policy)).toBe('stale');
  expect(
    metadataState(
      { mtime: '1700000000.5' },
      { ...entry, mtimeNs: 1_700_000_000_500_000_000n },
      policy,
    ),
  ).toBe('current');
  expect(metadataState({ ...own, mode: '100600' }, entry, policy)).toBe('stale');
  expect(metadataState({ ...own, uid: '99' }, entry, policy)).toBe('current');
  expect(metadataState({}, entry, policy)).toBe('incomplete');
  expect(metadataState({ mode: '100600' }, entry, policy)).toBe('stale');
  expect(metadataState({}, entry, { metadata: { ...policy.metadata, mtime: false } })).toBe(
    'current',
  );
});

test('object metadata: says the time of a file that was restored from it, to the microsecond that a restore sets', () => {
  const policy = { metadata: { mtime: true, mode: false, owner: false } };
  const stateOf = (mtime: string, mtimeNs: bigint) =>
    metadataState({ mtime }, { ...entry, mtimeNs }, policy);
  expect(stateOf('1700000000.123456789', 1_700_000_000_123_456_000n)).toBe('current');
  expect(stateOf('-1.123456789', -1_123_456_000n)).toBe('current');
  expect(stateOf('1700000000.123457789', 1_700_000_000_123_456_000n)).toBe('stale');
  expect(stateOf('1700000000.123455000', 1_700_000_000_123_456_000n)).toBe('stale');
  expect(stateOf('1700000000.123456789', 1_700_000_000_123_456_001n)).toBe('stale');
  expect(stateOf('soon', 1_700_000_000_123_456_000n)).toBe('stale');
});

test('P10: object metadata: has the MD5 in base64, as rclone; without it is incomplete, with another stale', () => {
  const policy = { metadata: { mtime: false, mode: false, owner: false, md5: true } };
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  const own = objectMetadata(entry, policy, md5);
  expect(own).toEqual({ md5chksum: '1B2M2Y8AsgTpgAmY7PhCfg==' });
  expect(metadataState(own, entry, policy, md5)).toBe('current');
  expect(metadataState({}, entry, policy, md5)).toBe('incomplete');
  expect(metadataState({ md5chksum: 'AAAAAAAAAAAAAAAAAAAAAA==' }, entry, policy, md5)).toBe(
    'stale',
  );
  expect(metadataState({}, entry, policy)).toBe('current');
});

test('object metadata: a time in decimal seconds keeps each nanosecond, before 1970 as well', () => {
  fc.assert(
    fc.property(anyTimeNs, (ns) => {
      const text = secondsText(ns);
      expect(text).toMatch(/^-?\d+\.\d{9}$/);
      expect(mtimeNsIn({ mtime: text })).toBe(ns);
    }),
  );
});

test.each([
  [{ mtime: '5' }, 5_000_000_000n],
  [{ mtime: '-0.5' }, -500_000_000n],
  [{ mtime: '1.0000000001' }, undefined],
  [{ mtime: 'yesterday' }, undefined],
  [{ mtime: '' }, undefined],
  [{}, undefined],
])('object metadata: the time in %j is %s', (metaData, ns) => {
  expect(mtimeNsIn(metaData)).toBe(ns);
});
