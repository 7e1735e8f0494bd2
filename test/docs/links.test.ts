import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { madePages } from './made-pages.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const markdown = (folder: string, recursive: boolean) =>
  readdirSync(join(project, folder), { recursive, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
const pages = [...markdown('.', false), ...markdown('docs', true)].sort();
const textOf = (page: string) => readFileSync(join(project, page), 'utf8');

/** A document without its fenced blocks, in which nothing is a link or a heading. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '');

/** The anchor that GitHub gives a heading: lower case, without punctuation, blanks as hyphens. */
function anchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

const anchorsOf = (page: string) =>
  [...prose(textOf(page)).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => anchor(heading));

/** What is wrong with a link of a page to a file of the project, or to a heading in it. */
function linkProblem(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', heading] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(project, target))) return `${link}: no such file`;
  if (heading === undefined || anchorsOf(target).includes(heading)) return undefined;
  return `${link}: no such heading; ${anchorsOf(target).join(', ')}`;
}

describe.each(pages)('%s', (page) => {
  const text = prose(textOf(page));

  test('its links lead to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.flatMap((link) => linkProblem(page, link) ?? [])).toEqual([]);
  });

  test('the sources and tests that it names exist', () => {
    const named = [...text.matchAll(/`((?:src|test|bench|systemd)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    // NAME stands for what the reader puts there.
    const real = named.filter((path) => !path.includes('NAME'));
    expect(
      real.filter(
        (path) => !existsSync(join(project, path)) && !existsSync(join(project, `${path}.ts`)),
      ),
    ).toEqual([]);
  });
});

test('docs/README.md: lists each chapter', () => {
  const index = textOf('docs/README.md');
  const chapters = pages
    .filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
    .map((page) => page.slice('docs/'.length));
  expect(chapters.length).toBeGreaterThan(10);
  expect(chapters.filter((chapter) => !index.includes(`](${chapter})`))).toEqual([]);
});

test('docs/performance.md: names each bench of a single part, and no other', () => {
  const [, parts = ''] = textOf('docs/performance.md').split('## Single parts');
  const named = [...parts.matchAll(/^\| `([\w-]+)` /gm)].map(([, name = '']) => name);
  const benches = readdirSync(join(project, 'bench', 'micro'));
  expect(named.sort()).toEqual(benches.map((file) => file.slice(0, -'.ts'.length)).sort());
});

test.each(madePages())('$path: is what the code makes of it (npm run docs)', ({ path, text }) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});
