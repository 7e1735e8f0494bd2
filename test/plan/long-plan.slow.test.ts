import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { run } from '../world/program.js';

const CHILD = fileURLToPath(new URL('./long-plan-child.js', import.meta.url));
const ACTIONS = 1_000_000;
/** MiB, for a plan whose file has many times as much. */
const HEAP = 64;

test('a plan of 1,000,000 actions is written and shown with little memory', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'long.plan');
  const limit = `--max-old-space-size=${HEAP}`;
  await promisify(execFile)(process.execPath, [limit, CHILD, file, String(ACTIONS)]);
  expect(statSync(file).size).toBeGreaterThan(3 * HEAP * 2 ** 20);
  const shown = await run(['plan', 'show', file, '--summary'], {
    cwd: folder,
    nodeOptions: [limit],
  });
  expect(shown.code, shown.stderr).toBe(0);
  expect(shown.stdout).toContain('1,000,000');
}, 180_000);
