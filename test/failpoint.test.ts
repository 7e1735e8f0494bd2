import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FAILPOINTS } from '../src/failpoint.js';

/** The text of every compiled file below a folder of dist. */
function texts(folder: string): string[] {
  const path = fileURLToPath(new URL(`../${folder}`, import.meta.url));
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  expect(files.length).toBeGreaterThan(5);
  return files
    .filter((file) => file !== 'failpoint.js')
    .map((file) => readFileSync(join(path, file), 'utf8'));
}

test('nothing of the points at which the torture crashes is in the bundled program', () => {
  for (const text of texts('bundle')) {
    expect(text).not.toContain('failpoint');
    for (const point of FAILPOINTS) expect(text).not.toContain(point);
  }
});

test('every point is somewhere', () => {
  const code = texts('src').join('\n');
  for (const point of FAILPOINTS) expect(code, point).toContain(`failpoint('${point}')`);
});
