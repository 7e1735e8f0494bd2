import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'rolldown/utils';
import { expect, test } from 'vitest';

const BUNDLE = fileURLToPath(new URL('../bundle/', import.meta.url));

/** The program's own code that every mirror runs, as one file each. */
const FILES = readdirSync(BUNDLE).filter((name) => /^(?:mirror|scan-worker)-\w+\.js$/.test(name));

test('bundle: no object literal begins with a spread of properties and adds others to them', () => {
  expect(FILES.length).toBeGreaterThan(1);
  for (const file of FILES) {
    const code = readFileSync(BUNDLE + file, 'utf8');
    const found: string[] = [];
    const { program } = parseSync(file, code);
    new Visitor({
      ObjectExpression({ start, end, properties: [first, second] }) {
        if (first?.type !== 'SpreadElement' || second === undefined) return;
        if (first.argument.type !== 'Literal') found.push(code.slice(start, end));
      },
    }).visit(program);
    expect(found).toEqual([]);
  }
});
