import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { MAIN } from '../world/program.js';

const CONFIG = `
targets:
  vault: { driver: local, root: ./containers }
mirrors:
  - { name: documents, source: ./data, create_source: true, target: vault, container: documents }
  - { name: photos, source: ./photos, create_source: true, target: vault, container: photos }
`;

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
    [
      'reconcile',
      'an unknown key',
      `${CONFIG}stat: x\n`,
      /longshore\.yaml:7:1 {2}stat: unknown key "stat"; did you mean "state"\?/,
    ],
    [
      'status',
      'a wrong unit',
      `${CONFIG}drain: 5 minutes\n`,
      /longshore\.yaml:7:8 {2}drain: expected a duration.*got "5 minutes"/,
    ],
    [
      'run',
      'mirrors that share a place',
      CONFIG.replace('container: photos', 'container: documents'),
      /mirrors\[1\]\.container: .*write to the same place/,
    ],
    [
      'reconcile',
      'a target root inside a source',
      CONFIG.replace('source: ./photos', 'source: .'),
      /mirrors\[1\]\.source: target "vault" keeps its objects in .*inside this source/,
    ],
    [
      'run',
      'a source inside a target root',
      CONFIG.replace('source: ./photos', 'source: ./containers/x'),
      /mirrors\[1\]\.source: .*containers\/x is inside/,
    ],
    [
      'scan',
      'an unknown driver',
      CONFIG.replace('driver: local', 'driver: ftp'),
      /targets\.vault\.driver: no driver is called "ftp"; known: .*local/,
    ],
    [
      '--reconcile',
      'an unknown target',
      CONFIG.replace('target: vault, container: photos', 'target: vualt, container: photos'),
      /no target is called "vualt"; did you mean "vault"\?/,
    ],
  ])('%s refuses %s with exit code 2', async (command, _, text, expected) => {
    if (text !== undefined) file(text);
    const { code, stdout, stderr } = await longshore(command);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/\n\s+at /); // no stack
  });

  it.each([
    [['reconcile', 'fotos'], /no mirror is called "fotos"; did you mean "photos"\?/],
    [['--reconcile', 'fotos'], /mirrors: documents, photos/],
    [['container', 'ls', 'valt'], /no target is called "valt"; did you mean "vault"\?/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['run', '--frobnicate'], /unknown option '--frobnicate'/],
    [
      ['--config', 'nope.yaml', 'run'],
      /nope\.yaml: cannot be read: ENOENT.*; `longshore init nope\.yaml` writes one/,
    ],
    [[], /Usage: longshore/],
  ])('refuses %j with exit code 2', async (argv, expected) => {
    file(CONFIG);
    const { code, stdout, stderr } = await longshore(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
  });

  it('checks a good configuration, and fails when it cannot say so', async () => {
    file(CONFIG);
    expect(await longshore('check')).toMatchObject({ code: 0, stderr: AS_ROOT });
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [MAIN, 'check'], {
      cwd: folder,
      stdio: ['ignore', full, 'pipe'],
    });
    let printed = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    closeSync(full);
    expect([code, printed.replace(/^warning: longshore runs as root.*\n/, '')]).toEqual([
      1,
      expect.stringMatching(/^longshore: cannot write the output: ENOSPC/),
    ]);
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

  it('runs until SIGTERM, and exits 0', async () => {
    file(CONFIG);
    const child = spawn(process.execPath, [MAIN, 'run'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });
    let printed = '';
    child.stderr.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await expect.poll(() => printed, { timeout: 30_000 }).toMatch(/ info watching mirrors=2 /);
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(printed).toMatch(/ info draining why=SIGTERM/);
  });
});
