import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIN } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

/** A shell in a folder with a configuration, where `longshore` is the program. */
function openShell() {
  const { folder } = openWorkspace('texts');
  mkdirSync(join(folder, 'source'));
  const config = `targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents }
`;
  writeFileSync(join(folder, 'longshore.yaml'), config);
  const sh = (script: string) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>(
      (resolve) => {
        const text = `longshore() { ${process.execPath} ${MAIN} "$@"; }\n${script}`;
        execFile(
          '/bin/bash',
          ['-c', text],
          { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } },
          (error, stdout, stderr) =>
            resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
        );
      },
    );
  return { folder, config, sh };
}

/** As root `check` has one. */
function withoutWarnings(stderr: string): string {
  return stderr.replace(/^warning: .*\n/gm, '');
}

test.each(['--help', '--version', 'help run', 'check'])(
  '%s fails when its output cannot be written',
  async (command) => {
    const { code, stderr } = await openShell().sh(`longshore ${command} >/dev/full`);
    expect([code, withoutWarnings(stderr)]).toEqual([
      1,
      'longshore: cannot write the output: ENOSPC: no space left on device, write\n',
    ]);
  },
);

test('a command in a folder that was removed says so without a stack trace, and works with an absolute --config', async () => {
  const { folder, sh } = openShell();
  const gone = 'mkdir gone && cd gone && rmdir ../gone';
  const lost = await sh(`${gone} && longshore check`);
  expect(lost.code).toBe(2);
  expect(lost.stderr).toMatch(
    /^longshore: the current folder does not exist any more: change to another one, .*\n {2}because of: ENOENT.*\n$/,
  );
  const found = await sh(`${gone} && longshore --config ${folder}/longshore.yaml check`);
  expect([found.code, withoutWarnings(found.stderr)]).toEqual([0, '']);
  expect((await sh(`${gone} && longshore --version`)).code).toBe(0);
});

// Below 20 Node itself does not start.
// With some of these not even the configuration can be read, which is no fault of the configuration.
test.each([22, 25, 28, 31, 34, 40])(
  'a run with a limit of %i open files says which limit to raise, and shows no stack trace',
  async (limit) => {
    const { folder, sh } = openShell();
    writeFileSync(join(folder, 'source', 'file'), '');
    const { code, stderr, stdout } = await sh(`ulimit -n ${limit} && longshore reconcile`);
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/ulimit -n 1024/);
    expect(stderr).not.toMatch(/^\s+at |^Node\.js|^node:/m);
  },
);

test('"-" is stdin for --config, with paths seen from the current folder, and stdout for init', async () => {
  const { folder, sh } = openShell();
  const checked = await sh('longshore --config - check <longshore.yaml');
  expect([checked.code, withoutWarnings(checked.stderr)]).toEqual([0, '']);
  expect(checked.stdout).toContain(`mirror documents: ${folder}/source to vault:documents/`);
  expect((await sh('echo targets: | longshore --config - check')).stderr).toContain(
    'longshore: stdin:1:1  ',
  );
  const example = await sh('longshore init - --source ./source && ls');
  expect(example.stdout).toContain('source: "./source"');
  expect(example.stdout).toMatch(/\nlongshore\.yaml\nsource\n$/);
  expect(example.stdout).not.toContain('wrote');
});

test('the commands that init prints work in a shell for any name of the file', async () => {
  const { folder, sh } = openShell();
  const { stdout } = await sh(`longshore init "my 'own.yaml"`);
  const said = /^ {2}longshore (--config .*) check /m.exec(stdout)?.[1];
  expect(said).toBe(`--config 'my '\\''own.yaml'`);
  mkdirSync(join(folder, 'data'));
  expect((await sh(`longshore ${said} check`)).code).toBe(0);
});
