import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Rule {
  readonly name: string;
  readonly comment: string;
}

type Floor = readonly [room: string, below: readonly string[]];

const listOf = (text: string): readonly string[] => text.split(', ').filter((each) => each !== '');

/** The rooms of the import rules, top to bottom, each with the rooms that it may import. */
function floorsOfRules(): readonly Floor[] {
  const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
    readonly forbidden: readonly Rule[];
  };
  const prefix = 'imports-of-';
  return forbidden
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, comment }): Floor => [name.slice(prefix.length), listOf(comment)]);
}

/** The same from the table of ARCHITECTURE.md: room, what it is for, what it may import. */
function floorsOfPage(): readonly Floor[] {
  const page = readFileSync('ARCHITECTURE.md', 'utf8');
  const start = page.indexOf('## Floor plan');
  const section = page.slice(start, page.indexOf('\n## ', start + 1));
  return [...section.matchAll(/^\| `([a-z0-9/]+)` +\| [^|]+\| ([^|]*)\|$/gm)].map(
    ([, room = '', below = '']): Floor => [room, listOf(below.replaceAll('`', '').trim())],
  );
}

/** What a file with JSX imports: rooms of src, '' for the files directly in it, and packages. */
function importsOf(file: string): readonly { readonly room?: string; readonly name: string }[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/from '([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.')
      ? { room: relative('src', join(dirname(file), dirname(name))), name: basename(name, '.js') }
      : { name },
  );
}

describe('the files with JSX', () => {
  const files = (readdirSync('src', { recursive: true }) as string[])
    .filter((name) => name.endsWith('.tsx'))
    .map((name) => join('src', name));
  const floors = new Map(floorsOfRules());

  it('import their own room, those that its row names, and the ground floor', () => {
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const own = relative('src', dirname(file));
      const allowed = [own, '', ...(floors.get(own) ?? [])];
      for (const { room, name } of importsOf(file))
        if (room !== undefined) expect(allowed, `${file} imports ${name}`).toContain(room);
    }
  });

  it('import the packages of the page through one file each', () => {
    const packages = files.flatMap((file) =>
      importsOf(file).flatMap(({ room, name }) => (room === undefined ? [`${file} ${name}`] : [])),
    );
    expect(packages).toEqual(['src/page/render.tsx preact-render-to-string']);
  });
});

describe('the floor plan', () => {
  const floors = floorsOfRules();
  const rooms = floors.map(([room]) => room);

  it('has no arrow up: a room imports only rooms further down', () => {
    for (const [at, [room, below]] of floors.entries())
      for (const each of below)
        expect(rooms.indexOf(each), `${room} imports ${each}`).toBeGreaterThan(at);
  });

  it('has a row for every folder of src but the command line, which is the top', () => {
    const folders = new Set(
      (readdirSync('src', { recursive: true }) as string[])
        .filter((name) => name.endsWith('.ts'))
        .map((name) => dirname(name)),
    );
    folders.delete('.');
    folders.delete('cli');
    expect([...rooms].sort()).toEqual([...folders].sort());
  });

  it('is the same in ARCHITECTURE.md and in the import rules', () => {
    expect(floorsOfPage()).toEqual(floors);
  });
});
