import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../world/folder.js';

const CHILD = fileURLToPath(new URL('./long-inventory-child.js', import.meta.url));
const ROWS = 1_000_000;
/** MiB: less than a tenth of the rows. */
const HEAP = 48;

test('P7: an inventory of 1,000,000 objects is sorted in a small heap', async () => {
  const folder = temporaryFolder();
  const limit = `--max-old-space-size=${HEAP}`;
  const command = [limit, CHILD, folder, String(ROWS)];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  expect(stdout).toBe(String(ROWS));
  expect(readdirSync(folder)).toEqual([]);
}, 300_000);
