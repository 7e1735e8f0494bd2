import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openPastCache } from '../../../src/sync/ranges/past-cache.js';
import { createSharedMemory } from '../../../src/web-assembly.js';
import { randomContent } from '../../drivers/conformance/fixture.js';
import { temporaryFolder } from '../../world/folder.js';
import { isRoot } from '../../world/program.js';

const MIB = 2 ** 20;
const memory = createSharedMemory(5 * MIB);

/** Writes a content in pieces that end at `cuts`, behind `position` other bytes, and returns what the file has there then. */
function written(folder: string, content: Buffer, cuts: readonly number[], position = 0): Buffer {
  const path = join(folder, 'file');
  const fd = openSync(path, 'w');
  const file = openPastCache(fd);
  const bytes = new Uint8Array(memory.buffer, 0, content.length);
  bytes.set(content);
  try {
    let start = 0;
    for (const end of [...cuts, content.length]) {
      file.write(bytes, start, end, position);
      start = end;
    }
    if (position > 0) writeSync(fd, Buffer.alloc(position, 'x'), 0, position, 0);
  } finally {
    file.close();
    closeSync(fd);
  }
  return readFileSync(path).subarray(position);
}

test.each([
  ['whole blocks', 3 * MIB, []],
  ['an end within a block', 2 * MIB + 4097, []],
  ['pieces that begin within a block', 5 * MIB, [4095, MIB + 4095, 3 * MIB]],
  ['fewer bytes than are worth it', 5000, []],
] as const)(
  'a file that is written past the cache reads as it was written: %s',
  (_, size, cuts) => {
    const content = randomContent(size);
    expect(written(temporaryFolder('past'), content, cuts).equals(content)).toBe(true);
  },
);

test('a range that begins within a block of the file is written too', () => {
  const content = randomContent(2 * MIB);
  expect(written(temporaryFolder('past'), content, [], 100).equals(content)).toBe(true);
});

test.runIf(isRoot)(
  'a file system in memory, which may refuse such writes, has the bytes too',
  () => {
    const folder = join(temporaryFolder('past'), 'mounted');
    mkdirSync(folder);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', folder]);
    onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
    const content = randomContent(3 * MIB + 1);
    expect(written(folder, content, []).equals(content)).toBe(true);
  },
);
