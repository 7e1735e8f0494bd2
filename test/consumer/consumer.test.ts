import { execFile } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as longshore from 'longshore';
import { expect, test } from 'vitest';
import { createFolder, removeFolder } from '../world/folder.js';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../../', import.meta.url));

test('the package is imported by its name', async () => {
  const driver = await longshore.openDriver('Memory');
  const container = await driver.createContainer('c');
  await container.uploadObjectViaStream(
    (async function* () {
      yield Buffer.from('content');
    })(),
    'object',
  );
  expect((await container.listObjects()).map(String)).toEqual([
    '<Object: name=object, size=7, hash=9a0364b9e99bb480dd25e1f0284c8555, provider=memory ...>',
  ]);
  await expect(driver.getContainer('none')).rejects.toBeInstanceOf(
    longshore.ContainerDoesNotExistError,
  );
});

test('a program of another project compiles against the types and runs', async () => {
  const folder = createFolder('consumer');
  try {
    await mkdir(join(folder, 'node_modules', '@types'), { recursive: true });
    await symlink(project, join(folder, 'node_modules', 'longshore'));
    await symlink(
      join(project, 'node_modules', '@types', 'node'),
      join(folder, 'node_modules', '@types', 'node'),
    );
    await copyFile(join(project, 'test', 'consumer', 'consumer.ts'), join(folder, 'consumer.ts'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const compiler = join(project, 'node_modules', '.bin', 'tsc');
    const flags = [
      '--strict',
      '--skipLibCheck',
      'false',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
    ];
    const compiled = await run(compiler, [...flags, 'consumer.ts'], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    expect(compiled.stdout).toBe('');
    const { stdout } = await run(process.execPath, ['consumer.js'], { cwd: folder });
    expect(stdout).toContain('greeting.txt 5 5d41402abc4b2a76b9719d911017c592');
  } finally {
    removeFolder(folder);
  }
});
