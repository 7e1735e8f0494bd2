import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
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
