import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { MIRROR_STATES } from '../../src/sync/mirror-states.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
// Without the line breaks of a paragraph, so that a message may go over two lines.
const page = readFileSync(join(project, 'docs', 'troubleshooting.md'), 'utf8');
const running = page.replace(/\n {2}/g, ' ');

/** Calls that write a line of level warn or error with a fixed text, also by way of a driver's notice. */
const MESSAGES = [
  /\blog(?:ger)?\??\.(?:warn|error)\(\s*'([^']+)'/g,
  /\bnotice\(\s*'([^']+)'/g,
  /\bpass\('(?:warn|error)', '([^']+)'/g,
];

function messagesIn(source: string): string[] {
  return MESSAGES.flatMap((call) => [...source.matchAll(call)].map(([, message = '']) => message));
}

const sources = readdirSync(join(project, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts'),
);
const messages = [
  ...new Set(
    sources.flatMap((file) => messagesIn(readFileSync(join(project, 'src', file), 'utf8'))),
  ),
];

describe('docs/troubleshooting.md', () => {
  test('has a heading for each state of a mirror, and for no other', () => {
    const headings = [...page.matchAll(/^### `([\w-]+)`$/gm)].map(([, state = '']) => state);
    expect(headings.sort()).toEqual([...MIRROR_STATES].sort());
  });

  test('explains each message of level warn and error', () => {
    expect(messages.length).toBeGreaterThan(40);
    expect(messages.filter((message) => !running.includes(`**\`${message}\`**`))).toEqual([]);
  });

  test('explains no message that the program does not have', () => {
    const explained = [...running.matchAll(/^- (\*\*.*?)(?:: |$)/gm)].flatMap(([, head = '']) =>
      [...head.matchAll(/\*\*`([^`]+)`\*\* ?\((?:warn|error|info)/g)].map(
        ([, message = '']) => message,
      ),
    );
    expect(explained.length).toBeGreaterThan(30);
    expect(explained.filter((message) => !messages.includes(message))).toEqual([]);
  });

  test('has each class of objects that fail', () => {
    const contract = readFileSync(join(project, 'docs', 'json-output.md'), 'utf8');
    const item = /^- `quarantined`[\s\S]*?`reason` is ([\s\S]*?)\n- /m.exec(contract)?.[1] ?? '';
    const classes = [...item.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);
    expect(classes.length).toBeGreaterThan(8);
    const table = /## Objects that fail[\s\S]*?## /.exec(page)?.[0] ?? '';
    expect(classes.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});
