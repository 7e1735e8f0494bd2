import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Contender, copyOf, FOLDER_PEERS } from '../../bench/contender.js';
import { type Contest, hold } from '../../bench/contest.js';
import { medianOf } from '../../bench/result.js';
import type { Bench } from '../../bench/row.js';
import { openSpace, type Space } from '../../bench/space.js';

const SOURCE = { files: 20, bytes: 100 };
const { cp } = FOLDER_PEERS;

/** A program that copies the source, and then runs a command of the shell in the copy. */
const withMistake = (name: string, mistake: string): Contender => ({
  name,
  program: 'cp',
  command: (place) => ({
    argv: [
      ...['sh', '-c', `test -e "$2" || cp -r "$1" "$2"; cd "$2"; ${mistake}`, 'sh'],
      ...[place.source, copyOf(place)],
    ],
  }),
});

describe('a contest', () => {
  let space: Space;
  let bench: Bench;
  beforeEach(() => {
    space = openSpace();
    bench = {
      space,
      builds: [{ label: '', main: '/none/main.js' }],
      programs: { cp: '9.1' },
      rounds: 2,
      progress: () => {},
    };
  });
  afterEach(() => space.close());

  const run = (work: Contest['work'], ...contenders: readonly Contender[]) =>
    hold(bench, { source: SOURCE, to: 'folder', work, rounds: 1, contenders });

  test('a first mirror: each program has figures of each round', async () => {
    const { subjects, fileSystem } = await run('first', cp);
    expect(subjects).toMatchObject([
      { name: 'cp -r', program: 'cp', command: 'cp -r $SOURCE $FOLDER/target/copy', failures: [] },
    ]);
    expect(subjects[0]?.samples).toHaveLength(2);
    expect(medianOf(subjects[0], 'wall')).toBeGreaterThan(0);
    expect(fileSystem).toMatch(/ext4|tmpfs|disk/);
  });

  test('a program whose copy is wrong does not count', async () => {
    const { subjects } = await run('first', cp, withMistake('careless', 'echo more >>p3/d0/f6'));
    expect(subjects[1]?.failures).toContain(
      'the copy is wrong: p3/d0/f6 has 105 bytes instead of 100',
    );
    expect(medianOf(subjects[1], 'cpu')).toBeNaN();
    expect(medianOf(subjects[0], 'cpu')).not.toBeNaN();
  });

  test('a program that fails says why', async () => {
    const { subjects } = await run('first', withMistake('failing', 'echo no room >&2; exit 7'));
    expect(subjects[0]?.failures[0]).toBe('ended with 7: no room');
  });

  test('nothing to do: a program that writes to the copy all the same does not count', async () => {
    const idle = withMistake('idle', 'true');
    const busy = withMistake('busy', 'touch p3/d0/f6');
    const { subjects } = await run('again', idle, busy);
    expect(subjects.map(({ name, samples }) => [name, samples.length])).toEqual([
      ['idle', 2],
      ['busy', 0],
    ]);
    expect(subjects[1]?.failures[0]).toMatch(/the copy was written to/);
  });

  test('a program that is not on this machine is skipped', async () => {
    const { subjects } = await run('first', cp, FOLDER_PEERS.rsync);
    expect(subjects.map(({ name }) => name)).toEqual(['cp -r']);
  });
});

describe('a space', () => {
  test('makes file systems that are empty, and removes what was left in them', () => {
    const space = openSpace();
    const [first, second] = [
      space.fresh({ files: 1, bytes: 1 }),
      space.fresh({ files: 1, bytes: 1 }),
    ];
    try {
      for (const { folder } of [first, second]) {
        expect(readdirSync(folder)).toEqual([]);
        writeFileSync(join(folder, 'f'), 'x');
      }
      first.remove();
      expect(existsSync(first.folder)).toBe(false);
      expect(readdirSync(second.folder)).toEqual(['f']);
    } finally {
      space.close();
    }
    expect(existsSync(second.folder)).toBe(false);
  });
});
