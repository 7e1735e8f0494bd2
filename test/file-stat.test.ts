import { execFileSync } from 'node:child_process';
import { lstatSync, openSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import {
  isVersion,
  lstatPath,
  lstatPathIfAny,
  sameVersion,
  statDescriptor,
  statHandle,
  statPath,
  statPathIfAny,
  unsigned,
  versionOf,
} from '../src/file-stat.js';
import { fitsInt64, joinTime, splitTime } from '../src/file-time.js';
import { anyInode, anyTimeNs } from './state/fixtures.js';
import { temporaryFolder } from './world/folder.js';

function temporaryFile(): string {
  const folder = temporaryFolder('stat');
  const file = join(folder, 'file');
  writeFileSync(file, 'content');
  return file;
}

const anyStat = fc.record({
  dev: anyInode,
  ino: anyInode,
  rdev: anyInode,
  nlink: anyInode,
  size: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  mtimeNs: anyTimeNs,
  ctimeNs: anyTimeNs,
});

test('stat: every unsigned number comes out of Node’s signed 64 bits as it was', () => {
  fc.assert(
    fc.property(anyStat, (stat) => {
      const signed = { ...stat };
      for (const field of ['dev', 'ino', 'rdev', 'nlink'] as const)
        signed[field] = BigInt.asIntN(64, stat[field]);
      expect(unsigned(signed)).toEqual(stat);
    }),
  );
});

test('file version: a stat is its own version at any size, time and inode, and no other time or inode is', () => {
  fc.assert(
    fc.property(anyStat, (stat) => {
      const version = versionOf(stat);
      expect(isVersion(stat, version)).toBe(true);
      expect(sameVersion(version, versionOf(stat))).toBe(true);
      expect(isVersion(stat, { ...version, mtimeNs: version.mtimeNs + 1n })).toBe(false);
      expect(isVersion(stat, { ...version, ctimeNs: version.ctimeNs - 1n })).toBe(false);
      expect(isVersion(stat, { ...version, inode: version.inode ^ (1n << 63n) })).toBe(false);
    }),
  );
});

test('file time: seconds and nanoseconds hold every time of Linux', () => {
  fc.assert(
    fc.property(anyTimeNs, (ns) => {
      const { seconds, nanoseconds } = splitTime(ns);
      expect(BigInt.asIntN(64, seconds)).toBe(seconds);
      expect(nanoseconds).toBeGreaterThanOrEqual(0);
      expect(nanoseconds).toBeLessThan(1_000_000_000);
      expect(joinTime({ seconds, nanoseconds })).toBe(ns);
      expect(fitsInt64(ns)).toBe(BigInt.asIntN(64, ns) === ns);
    }),
  );
});

test('stat: all ways to read one agree, on a path, a descriptor and a handle', async () => {
  const file = temporaryFile();
  const expected = lstatSync(file, { bigint: true });
  const handle = await open(file);
  onTestFinished(() => handle.close());
  const stats = [
    statPath(file),
    statPathIfAny(file),
    lstatPath(file),
    lstatPathIfAny(file),
    statDescriptor(openSync(file, 'r')),
    await statHandle(handle),
  ];
  for (const stat of stats)
    expect(stat).toMatchObject({ ino: expected.ino, dev: expected.dev, mtimeNs: expected.mtimeNs });
  expect(statPathIfAny(`${file}-none`)).toBeUndefined();
  expect(lstatPathIfAny(`${file}-none`)).toBeUndefined();
  expect(() => statPath(`${file}-none`)).toThrow(/ENOENT/);
});

test.each([
  ['before 1970', '-5.5', -5_500_000_000n],
  ['in the year 2400', '13569465600.123456789', 13_569_465_600_123_456_789n],
])('stat: reads a modification time %s', (_, seconds, ns) => {
  const file = temporaryFile();
  execFileSync('touch', ['-d', `@${seconds}`, file]);
  expect(lstatPath(file).mtimeNs).toBe(ns);
});
