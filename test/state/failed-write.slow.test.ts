import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openIndex } from '../../src/state/open-index.js';
import { createFolder, removeFolder } from '../world/folder.js';
import type { Filled } from './filling-program.js';
import { record } from './fixtures.js';

const FILLING = fileURLToPath(new URL('./filling-program.js', import.meta.url));
const folder = createFolder('failed-write');
afterAll(() => removeFolder(folder));

test('P5: LMDB index: the write that fails is the last call into that file, and the next process has all that was acknowledged', async () => {
  // A limit of the process on the size of its files (Node ignores its signal): a full disk would be seen before the write.
  const limited = ['-c', 'ulimit -f 2048; exec "$0" "$@"', process.execPath, FILLING, folder];
  const filled: Filled = JSON.parse(
    execFileSync('bash', limited, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  expect(filled.failure).toMatch(
    /^StateWriteFailedError: .*index\.mdb(-inodes)?: write failed \(.* KiB are free .*what was there before is kept/,
  );
  expect(filled.afterwards).toEqual([filled.failure, filled.failure]);
  expect(filled.failedEnvironment).toBe(true);
  expect(filled.kept).toBeGreaterThan(500);
  const index = await openIndex({ engine: 'lmdb', folder });
  expect(index.count()).toBeGreaterThanOrEqual(filled.kept);
  for (let at = 0; at < filled.kept; at += 97) expect(index.get(`folder/file ${at}`)).toBeDefined();
  await index.put('after', record());
  await index.close();
});
