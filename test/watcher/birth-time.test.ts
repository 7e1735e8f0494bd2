import { lstatSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBirthTimes } from '../../src/watcher/birth-time.js';
import { mountOf, readMounts } from '../../src/watcher/network-file-system.js';
import { temporaryFolder } from '../world/folder.js';

const RELIABLE = /^(ext4|xfs|btrfs|tmpfs)$/;

test('birth time: is kept through a rename and a change, and undefined for a missing file', () => {
  const folder = realpathSync(temporaryFolder('birth-time'));
  const birthTime = openBirthTimes();
  const [file, renamed] = [join(folder, 'file'), join(folder, 'renamed')];
  expect(birthTime(file)).toBeUndefined();
  writeFileSync(file, 'content');
  const born = lstatSync(file, { bigint: true }).birthtimeNs;
  const isReliable = RELIABLE.test(mountOf(file, readMounts())?.type ?? '');
  expect([undefined, born]).toContain(birthTime(file));
  if (isReliable) expect(birthTime(file)).toBe(born);
  const before = birthTime(file);
  renameSync(file, renamed);
  writeFileSync(renamed, 'other content');
  expect(birthTime(renamed)).toBe(before);
  rmSync(renamed);
  expect(birthTime(renamed)).toBeUndefined();
  // The kernel reports what it makes up of itself: nothing there can be relied on.
  expect(birthTime('/proc/self')).toBeUndefined();
});
