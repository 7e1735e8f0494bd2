import { expect, test } from 'vitest';
import type { SourceIdentity } from '../../../src/state/ledger.js';
import { identifyingOften, sameSource } from '../../../src/sync/source/source-identity.js';

const DISK = { device: '2049', inode: '2', fileSystemUuid: 'u', birthTimeNs: '1' };

test.each([
  ['the same in all', DISK, true],
  ['the same file system under another number', { ...DISK, device: '2065' }, true],
  ['another file system under the same number', { ...DISK, fileSystemUuid: 'v' }, false],
  ['another folder of it', { ...DISK, inode: '3' }, false],
  [
    'the same numbers, where nothing is known of the file system',
    { device: '2049', inode: '2' },
    true,
  ],
  ['made at another time', { ...DISK, birthTimeNs: '2' }, false],
  ['of an earlier longshore, which knew less', { device: '2049', inode: '2' }, true],
  [
    'another number, where nothing is known of the file system',
    { device: '2065', inode: '2' },
    false,
  ],
])('P4: source identity: %s', (_, other, same) => {
  expect(sameSource(DISK, other)).toBe(same);
  expect(sameSource(other, DISK)).toBe(same);
});

const NO_UUID = { device: '2049', inode: '2', birthTimeNs: '1000000000', fsid: 'f' };

test.each([
  ['the same in all', NO_UUID, true],
  ['another file system of the same numbers and age', { ...NO_UUID, fsid: 'e' }, false],
  ['another folder of the same inode', { ...NO_UUID, birthTimeNs: '2000000000' }, false],
  ['the same file system under another number', { ...NO_UUID, device: '2065' }, true],
  ['as it was recorded before a birth time was', { device: '2049', inode: '2' }, true],
  ['another number, as it was recorded before', { device: '2065', inode: '2' }, false],
  ['its UUID became known', { ...NO_UUID, fsid: undefined, fileSystemUuid: 'u' }, true],
])('P4: source identity: of a folder whose file system has no UUID: %s', (_, other, same) => {
  expect(sameSource(NO_UUID, other as SourceIdentity)).toBe(same);
  expect(sameSource(other as SourceIdentity, NO_UUID)).toBe(same);
});

test('P4: source identity: a UUID that was read is used again for an instant only, by both clocks, and for the same folder', () => {
  const time = { now: 1_000_000, monotonic: 0 };
  const clock = { now: () => time.now, monotonic: () => time.monotonic };
  let disk = 0;
  const identify = identifyingOften(clock, ({ device, inode }) => {
    disk += 1;
    return { device: String(device), inode: String(inode), fileSystemUuid: `disk ${disk}` };
  });
  const root = { realRoot: '/source', device: 2049n, inode: 2n, birthtimeNs: 1n };
  const uuid = (seen: typeof root) => identify(seen).fileSystemUuid;
  const pass = (ms: number, sleptMs = 0) => {
    time.monotonic += ms;
    time.now += ms + sleptMs;
  };
  expect(uuid(root)).toBe('disk 1');
  pass(19);
  expect(uuid({ ...root })).toBe('disk 1');
  pass(1);
  expect(uuid(root)).toBe('disk 2');
  expect(uuid({ ...root, inode: 3n })).toBe('disk 3');
  expect(uuid({ ...root, device: 2065n })).toBe('disk 4');
  expect(uuid({ ...root, realRoot: '/elsewhere' })).toBe('disk 5');
  expect(uuid(root)).toBe('disk 6');
  pass(1, 3_600_000); // the machine slept
  expect(uuid(root)).toBe('disk 7');
  pass(1, -3_600_000); // the clock was set back
  expect(uuid(root)).toBe('disk 8');
  pass(1_000, -1_000);
  expect(uuid(root)).toBe('disk 9');
});
