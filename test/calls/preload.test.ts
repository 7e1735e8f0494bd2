import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFolder, removeFolder } from '../world/folder.js';
import { pointOf } from './points.js';
import { buildPreload, openPreload } from './preload.js';

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const folder = createFolder('preload');
const roots = {
  source: join(folder, 'source'),
  target: join(folder, 'target'),
  state: join(folder, 'state'),
};
let library = '';

beforeAll(() => {
  for (const root of Object.values(roots)) mkdirSync(root);
  if (hasCompiler) library = buildPreload(folder);
});
afterAll(() => removeFolder(folder));

/** Runs a line of JavaScript with `fs` and the state folder, while the fault of this name, if any, is in wait. */
function run(name: string | undefined, code: string) {
  const preload = openPreload({
    library,
    folder,
    roots,
    point: name === undefined ? undefined : pointOf(name),
  });
  preload.arm();
  const script = `const fs = require('fs'); process.chdir(${JSON.stringify(roots.state)}); ${code}`;
  const { signal, stdout } = spawnSync(process.execPath, ['-e', script], {
    env: preload.env,
    encoding: 'utf8',
  });
  return { signal, stdout: stdout.trim(), fired: preload.fired() };
}

const WRITE_TWICE = `
  const fd = fs.openSync('file', 'w');
  const said = [1, 2].map(() => { try { return fs.writeSync(fd, 'abcd'); } catch (error) { return error.code; } });
  console.log(said.join(), fs.readFileSync('file', 'utf8'));`;

test.runIf(hasCompiler)(
  'preload: notes each call on the roots, by relative paths and descriptors too',
  () => {
    run(
      undefined,
      `${WRITE_TWICE} fs.closeSync(fd); fs.renameSync('file', 'other'); fs.promises.stat('other')`,
    );
    const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n');
    for (const call of [
      'create\tfile',
      'write\tfile',
      'read\tfile',
      'rename\tfile',
      'stat\tother',
      'close\tfile',
    ])
      expect(calls).toContain(`state\t${call}`);
  },
);

test.runIf(hasCompiler).each([
  ['x/state/write/file#1/EIO', 'EIO,4 abcd'],
  ['x/state/write/fi*#2/ENOSPC', '4,ENOSPC abcd'],
  ['x/target/write/file#1/EIO', '4,4 abcdabcd'],
])('preload: %s: a program that writes twice sees %s', (name, said) => {
  const { stdout, fired } = run(name, WRITE_TWICE);
  expect(stdout).toBe(said);
  expect(fired).toBe(!name.includes('target'));
});

test.runIf(hasCompiler)(
  'preload: x/state/read/file#1/short: a program that reads gets half of the bytes',
  () => {
    const read = `fs.writeFileSync('file', 'abcd'); console.log(fs.readSync(fs.openSync('file'), Buffer.alloc(4)))`;
    expect(run('x/state/read/file#1/short', read)).toMatchObject({ stdout: '2', fired: true });
  },
);

test.runIf(hasCompiler).each([
  ['x/state/write/file#2/kill-before', 'abcd'],
  ['x/state/write/file#2/kill-after', 'abcdabcd'],
])('preload: %s: the program is killed, and the file holds %s', (name, held) => {
  expect(run(name, WRITE_TWICE)).toMatchObject({ signal: 'SIGKILL', fired: true });
  expect(readFileSync(join(roots.state, 'file'), 'utf8')).toBe(held);
});
