import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
let source: string;
let state: string;
beforeEach(() => {
  console = openConsole();
  source = join(console.folder, 'data');
  state = join(source, '..state', 'mirrors', 'documents');
  mkdirSync(source);
  writeConfig(
    console.folder,
    `
state: ./data/..state
targets: { vault: { driver: memory } }
mirrors: [{ name: documents, source: ./data, target: vault, container: documents }]
`,
  );
});
afterEach(() => console.remove());

const ledger = () =>
  JSON.parse(readFileSync(join(state, 'ledger.json'), 'utf8')) as Readonly<Record<string, unknown>>;

describe('longshore accept-source', () => {
  it('takes a source that holds nothing but our own state for an empty one', async () => {
    expect(await console.run(['accept-source', 'documents'])).toBe(0);
    expect(console.stdout.text()).toBe(
      `documents: ${source} is its source, and is meant to be empty; the next run mirrors it\n`,
    );
    expect(ledger()).toMatchObject({ acceptedEmpty: true });
    writeFileSync(join(source, 'letter'), 'dear');
    expect(await console.run(['accept-source', 'documents'])).toBe(0);
    expect(ledger()).not.toHaveProperty('acceptedEmpty');
  });

  it('lists the mirrors when it is given another name', async () => {
    expect(await console.run(['accept-source', 'docments'])).toBe(2);
    expect(console.stderr.text()).toBe(
      'longshore: no mirror is called "docments"; did you mean "documents"?\n  mirrors: documents\n',
    );
  });
});

it.each(['held', 'accept-source documents'])(
  '%s: reports state that had to be rebuilt',
  async (command) => {
    expect(await console.run(['held'])).toBe(0);
    expect(console.stderr.text()).toBe('');
    writeFileSync(join(state, 'index.mdb'), 'not an index at all');
    expect(await console.run(command.split(' '))).toBe(0);
    expect(console.stderr.text()).toMatch(
      /warn state rebuilt mirror=documents why=.*index\.mdb.* until="the next reconcile has finished/,
    );
    expect(readdirSync(state).join()).toContain('index.mdb.damaged-');
  },
);
