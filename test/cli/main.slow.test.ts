import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { MAIN } from '../world/program.js';

/** What `check` says on stderr about a good configuration. */
const AS_ROOT =
  process.getuid?.() === 0 ? expect.stringMatching(/^warning: longshore runs as root.*\n$/) : '';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('main');
});

/** Runs the built program as its users do. */
function longshore(
  ...argv: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...said }));
  });
}

const file = (text: string) => writeFileSync(join(folder, 'longshore.yaml'), text);

describe('the program', () => {
  it.each([
    [
      'check',
      'no configuration',
      undefined,
      /no configuration: none of .*longshore\.yaml.* exists.*longshore init/,
    ],
    ['run', 'a YAML error', 'targets: [\n', /longshore\.yaml:\d+:\d+ {2}/],
  ])('%s refuses %s with exit code 2', async (command, _, text, expected) => {
    if (text !== undefined) file(text);
    const { code, stdout, stderr } = await longshore(command);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/\n\s+at /); // no stack
  });

  it('names the missing file of --config, and the command that writes one', async () => {
    const { code, stdout, stderr } = await longshore('--config', 'nope.yaml', 'run');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /nope\.yaml: cannot be read: ENOENT.*; `longshore init nope\.yaml` writes one/,
    );
  });

  it('writes a configuration that is good, and says which version it is', async () => {
    expect(await longshore('init')).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(folder, 'longshore.yaml'), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\/.*\/config\.schema\.json\n/,
    );
    expect(await longshore('check')).toMatchObject({ code: 0, stderr: AS_ROOT });
    expect((await longshore('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends quietly when its reader goes away', async () => {
    const child = spawn(
      'sh',
      ['-c', `"${process.execPath}" "${MAIN}" schema | head -c 1; echo " $?"`],
      { cwd: folder },
    );
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
    }
    await new Promise((resolve) => child.on('close', resolve));
    expect(printed).toBe('{ 0\n');
  });
});
