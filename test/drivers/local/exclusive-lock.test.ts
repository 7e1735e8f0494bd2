import { existsSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createExclusiveLock } from '../../../src/drivers/local/exclusive-lock.js';
import { ownerFolder, thisProcess } from '../../../src/drivers/local/owner.js';
import { temporaryFolder } from '../../watcher/fixtures.js';

const self = thisProcess();
/** Of a process of this system that has ended. */
const ended = ownerFolder({ ...self, pid: 2 ** 22 + 1, started: '1' }, 'a1');

test.each([
  ['with its content', ended],
  ['made on a full disk, where it is empty', ''],
])('exclusive lock: one of a process that has ended is taken over at once: %s', (_, content) => {
  const folder = temporaryFolder(onTestFinished);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'exclusive');
  writeFileSync(`${file}.${ended}`, content);
  linkSync(`${file}.${ended}`, file);
  const lock = createExclusiveLock(file, self);
  const began = performance.now();
  expect(lock.hold(() => existsSync(file))).toBe(true);
  expect(performance.now() - began).toBeLessThan(5_000);
  lock.close();
  const next = createExclusiveLock(file, self);
  next.hold(() => undefined);
  next.close();
  expect(readdirSync(folder)).toEqual([]);
});
