import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MAIN } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const run = promisify(execFile);

function openShell() {
  const { folder } = openWorkspace('mirror-command');
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'a.txt'), 'one');
  writeFileSync(join(folder, 'data', 'b.log'), 'two');
  const longshore = (...words: readonly string[]) =>
    run(process.execPath, [MAIN, ...words], {
      cwd: folder,
      env: { HOME: folder, PATH: process.env['PATH'] },
    });
  return { folder, longshore };
}

test('a folder is mirrored to a place without a configuration, and the second call has nothing to do', async () => {
  const { folder, longshore } = openShell();
  const first = ['mirror', './data', 'local:./disk/copy', '--once', '--exclude', '*.log'];
  mkdirSync(join(folder, 'disk'));
  expect((await longshore(...first)).stdout).toMatch(/1 uploaded|uploaded 1/);
  expect(readFileSync(join(folder, 'disk/copy/a.txt'), 'utf8')).toBe('one');
  expect(readdirSync(join(folder, 'disk/copy')).filter((name) => !name.startsWith('.'))).toEqual([
    'a.txt',
  ]);
  expect((await longshore(...first)).stdout).not.toMatch(/uploaded 1|1 uploaded/);
  expect(readdirSync(join(folder, '.local/state/longshore'))).toHaveLength(1);
});

test('the configuration that it writes serves other commands', async () => {
  const { folder, longshore } = openShell();
  mkdirSync(join(folder, 'disk'));
  const { stderr } = await longshore('mirror', 'data', 'local:disk/copy', '--once');
  const file = /--config (\S+)/.exec(stderr)?.[1] ?? '';
  expect((await longshore('--config', file, 'ls', 'data')).stdout).toContain('a.txt');
  await longshore('--config', file, 'restore', 'data', '--to', 'back');
  expect(readFileSync(join(folder, 'back/a.txt'), 'utf8')).toBe('one');
});

test.each([
  [['mirror', 'data', 'copy'], /expected DRIVER:CONTAINER/],
  [['mirror', 'data', 'nope:copy'], /nope/],
  [['mirror', 'missing', 'local:copy', '--once'], /missing/],
  [['mirror', 'data', 'local:data/sub', '--once'], /data/],
  [['mirror', 'data', 'local:copy', '--deletes', 'sometimes'], /deletes/],
])('%j is refused, and nothing is written into the place', async (words, expected) => {
  const { folder, longshore } = openShell();
  await expect(longshore(...words)).rejects.toMatchObject({
    stderr: expect.stringMatching(expected),
  });
  expect(readdirSync(folder)).not.toContain('copy');
});
