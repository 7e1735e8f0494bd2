import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { completionScript } from '../../src/cli/completion.js';
import { isThere } from '../servers/installed.js';
import { MAIN } from '../world/program.js';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
beforeEach(() => {
  console = openConsole({ env: { HOME: '/nowhere' } });
});
afterEach(() => console.remove());

/** What the program answers to the shells, for the words before the cursor; the last one is begun. */
async function candidates(...words: readonly string[]): Promise<readonly string[]> {
  expect(await console.run(['__complete', '--', ...words])).toBe(0);
  return console.stdout.text().trimEnd().split('\n');
}

describe('longshore __complete', () => {
  test.each([
    [['recon'], ['reconcile']],
    [['trash', 'p'], ['purge']],
    [['--config', 'my.yaml', 'rebu'], ['rebuild']],
    [['reconcile', '--dry'], ['--dry-run']],
    [['reconcile', '--conf'], ['--config']],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['restore', 'photos', '--to', ''], [':folders']],
    [['apply', ''], [':files']],
    [['-c', ''], [':files']],
    [['version', 'of', 'x'], ['']],
    [['ls', 'photos', 'a', ''], ['']],
  ])('answers %j with %j', async (words, expected) => {
    const found = (await candidates(...words)).map((line) => line.split(' ')[0]);
    expect(found).toEqual(expected);
  });

  test('describes the commands', async () => {
    expect(await candidates('rebu')).toEqual([
      'rebuild make a lost index again, without sending what the container has',
    ]);
  });

  test('knows the mirrors and targets of the configuration, also for the second of several', async () => {
    writeConfig(console.folder);
    expect(await candidates('reconcile', 'ph')).toEqual(['photos']);
    expect(await candidates('reconcile', 'photos', 'p')).toContain('photos');
    expect(await candidates('probe', '')).toContain('vault');
  });

  test('says nothing where the configuration cannot be read', async () => {
    writeFileSync(join(console.folder, 'longshore.yaml'), 'mirrors: [');
    expect(await candidates('reconcile', '')).toEqual(['']);
    expect(console.stderr.text()).toBe('');
  });

  test('is not listed in the help', async () => {
    expect(await console.run(['--help'])).toBe(0);
    expect(console.stdout.text()).not.toContain('__complete');
  });
});

describe('longshore completion', () => {
  test('refuses a shell that it does not know', async () => {
    expect(await console.run(['completion', 'bahs'])).toBe(2);
    expect(console.stderr.text()).toContain('did you mean "bash"?');
  });

  /** What a shell prints for a script, where `longshore` is the built program. */
  function shell(program: string, args: readonly string[], script: string): string {
    const bin = join(console.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'longshore'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(console.folder, 'completion'), completionScript(program));
    writeConfig(console.folder);
    return execFileSync(program, [...args, script], {
      cwd: console.folder,
      env: { PATH: `${bin}:${process.env['PATH']}`, HOME: console.folder },
      encoding: 'utf8',
    }).trim();
  }

  test('bash completes commands, options, names of mirrors, files and folders', () => {
    const complete = (...words: readonly string[]) =>
      shell(
        'bash',
        ['-c'],
        `. ./completion; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _longshore; printf '%s\\n' "\${COMPREPLY[@]}"`,
      );
    expect(complete('longshore', 'recon')).toBe('reconcile');
    expect(complete('longshore', 'reconcile', 'p')).toBe('photos');
    expect(complete('longshore', 'reconcile', '--dr')).toBe('--dry-run');
    expect(complete('longshore', 'apply', 'longsh')).toBe('longshore.yaml');
    expect(complete('longshore', 'restore', 'photos', '--to', 'b')).toBe('bin');
  });

  test.runIf(isThere('fish'))('fish completes commands with their descriptions, and files', () => {
    const complete = (line: string) =>
      shell('fish', ['-c'], `source ./completion; complete -C '${line}'`);
    expect(complete('longshore rebu')).toBe(
      'rebuild\tmake a lost index again, without sending what the container has',
    );
    expect(complete('longshore reconcile ph')).toBe('photos');
    expect(complete('longshore apply longsh')).toBe('longshore.yaml');
  });

  // Its own completion runs in a terminal alone; what it would be given is looked at.
  test.runIf(isThere('zsh'))('zsh is given commands with their descriptions, and folders', () => {
    const given =
      'compdef() {}; _describe() { print -l -- "${(@)found}"; }; _files() { print files "$@"; }; source ./completion;';
    const complete = (words: string, current: number) =>
      shell('zsh', ['-fc'], `${given} words=(${words}); CURRENT=${current}; _longshore`);
    expect(complete('longshore rebu', 2)).toBe(
      'rebuild:make a lost index again, without sending what the container has',
    );
    expect(complete('longshore restore photos --to ""', 5)).toBe('files -/');
  });
});
