import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as longshore from 'longshore';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { blocksOf } from './blocks.js';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = temporaryFolder('docs');
  await mkdir(join(folder, 'node_modules'));
  await symlink(project, join(folder, 'node_modules', 'longshore'));
});

const page = await readFile(join(project, 'docs', 'library.md'), 'utf8');
const program = blocksOf(page)
  .filter(({ info }) => info === 'ts')
  .map(({ text }) => text)
  .join('');

test('docs/library.md: its blocks run as one program', async () => {
  await writeFile(join(folder, 'program.mjs'), program);
  const { stdout, stderr } = await run(process.execPath, ['program.mjs'], { cwd: folder });
  expect(stderr).toBe('');
  const lines = stdout.split('\n');
  expect(lines).toContain(`11 ${createHash('md5').update('Dear reader').digest('hex')}`);
  expect(lines).toContain('it exists already');
  expect(lines).toContain('Dear reader');
});

test('docs/library.md: has an example of each method of StorageDriver', async () => {
  const driver = longshore.createDriver(longshore.memoryBackend());
  const methods = Object.keys(driver).filter(
    (name) => typeof driver[name as keyof typeof driver] === 'function',
  );
  expect(methods.length).toBeGreaterThan(15);
  expect(
    methods.filter(
      (name) => !program.includes(`driver.${name}(`) && !program.includes(`mine.${name}(`),
    ),
  ).toEqual([]);
  await driver.close();
});

test('docs/library.md: names each error class', () => {
  const classes = Object.keys(longshore).filter((name) => name.endsWith('Error'));
  const roots = ['ContainerError', 'ObjectError', 'StorageError'];
  expect(classes.filter((name) => !roots.includes(name) && !page.includes(`\`${name}\``))).toEqual(
    [],
  );
});
