import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationManual, programManual, type Schema } from '../../packaging/manual.js';
import { commandTree } from '../../src/cli/command-tree.js';
import { buildProgram } from '../../src/cli/program.js';
import { openConsole } from '../cli/console.js';

const edition = { version: '1.2.3', date: '2026-11-29' };

const notCalled = () => expect.unreachable();

function program() {
  const { io, remove } = openConsole();
  const engine = { openDaemon: notCalled, runOnce: notCalled };
  try {
    return commandTree(buildProgram(io, engine, () => {}));
  } finally {
    remove();
  }
}

/** As a terminal of 100 columns shows it; groff says on stderr what it does not understand. */
function shown(page: string): string {
  const complaints = execFileSync(
    'sh',
    ['-c', 'groff -man -Tutf8 -ww -rLL=100n - 2>&1 >/dev/null'],
    {
      input: page,
      encoding: 'utf8',
    },
  );
  expect(complaints).toBe('');
  return execFileSync('groff', ['-man', '-Tutf8', '-P-cbou', '-rLL=100n'], {
    input: page,
    encoding: 'utf8',
  });
}

test('longshore(1) has each command with its options', () => {
  const text = shown(programManual(program(), edition));
  expect(text).toContain('trash purge MIRROR [NAME...]');
  expect(text).toContain('--older-than <duration>');
  expect(text).toContain('--dry-run');
  expect(text).toContain('6  the target refuses writes');
  expect(text).toContain('longshore 1.2.3');
});

test('longshore.yaml(5) has each setting of the schema, those of each driver too', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../config.schema.json', import.meta.url), 'utf8'),
  ) as Schema;
  const text = shown(configurationManual(schema, edition));
  for (const setting of ['state', 'log.level', 'mirrors[].source', 'targets.NAME (s3).profile'])
    expect(text).toContain(setting);
});

test('text that looks like markup stays text', () => {
  const page = programManual(
    {
      words: ['longshore'],
      description: 'It says \\fB and\n.so /etc/passwd',
      arguments: [],
      options: [],
      details: "'quoted at the beginning\n.nothing",
      commands: [],
    },
    edition,
  );
  const text = shown(page);
  expect(text).toContain('\\fB');
  expect(text).toContain('.so /etc/passwd');
  expect(text).toContain("'quoted at the beginning");
  expect(text).toContain('.nothing');
});
