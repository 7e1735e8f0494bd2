import {
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../daemon.js';
import type { Sample } from '../result.js';
import type { Row } from '../row.js';
import { sizesBelow, type TreeSize } from '../tree.js';
import { onWatchedTree, type Watched } from '../watched.js';

/** Each round changes three of the ten parts of the tree. */
const MOST_ROUNDS = 3;
/** A new time, from the future of every file of the tree. */
const TOUCHED_AT_SECONDS = 2_000_000_000;

interface Change {
  readonly name: 'touch' | 'rename' | 'delete';
  /** Most CPU time an object, in milliseconds. */
  readonly atMostMs: number;
  make(source: string, part: string): void;
  /** Returns a question that is asked until the copy of the part has changed: its answer stays true. */
  isMirrored(watched: Watched, part: string): () => boolean;
}

const CHANGES: readonly Change[] = [
  {
    name: 'touch',
    atMostMs: 0.12,
    make(source, part) {
      for (const name of sizesBelow(join(source, part)).keys())
        utimesSync(join(source, part, name), TOUCHED_AT_SECONDS, TOUCHED_AT_SECONDS);
    },
    isMirrored: ({ source, copy }, part) =>
      allOf([...sizesBelow(join(source, part)).keys()], (name) => {
        const { mtimeMs } = lstatSync(join(copy, part, name));
        return mtimeMs === TOUCHED_AT_SECONDS * 1000;
      }),
  },
  {
    name: 'rename',
    atMostMs: 0.35,
    make: (source, part) => renameSync(join(source, part), join(source, `renamed-${part}`)),
    isMirrored({ source, copy }, part) {
      const isThere = allOf([...sizesBelow(join(source, `renamed-${part}`)).keys()], (name) =>
        existsSync(join(copy, `renamed-${part}`, name)),
      );
      const isGone = emptied(join(copy, part));
      return () => isThere() && isGone();
    },
  },
  {
    name: 'delete',
    atMostMs: 0.08,
    make: (source, part) => rmSync(join(source, part), { recursive: true }),
    isMirrored: ({ copy }, part) => emptied(join(copy, part)),
  },
];

/** Asks from the first name on that was not right before, so that waiting costs little. */
function allOf(names: readonly string[], isRight: (name: string) => boolean): () => boolean {
  let at = 0;
  return () => {
    for (; at < names.length; at += 1) if (!isRight(names[at] ?? '')) return false;
    return true;
  };
}

/** No file is left below the folder. The daemon removes folders meanwhile: one that is missing is empty. */
function emptied(folder: string): () => boolean {
  return allOf(namesIn(folder), (name) => namesIn(join(folder, name)).length === 0);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Makes one change, and returns what the daemon took for it. A single new file elsewhere meanwhile is timed as well. */
async function figuresOf(
  change: Change,
  daemon: Daemon,
  watched: Watched,
  part: string,
  objects: number,
): Promise<Sample> {
  await daemon.untilQuiet();
  daemon.takeOwnPeak();
  const before = daemon.cpuSeconds();
  change.make(watched.source, part);
  const began = performance.now();
  const single = `single-${part}`;
  writeFileSync(join(watched.source, single), part);
  let singleSeconds = Number.NaN;
  const isMirrored = change.isMirrored(watched, part);
  await daemon.until(() => {
    if (Number.isNaN(singleSeconds) && existsSync(join(watched.copy, single)))
      singleSeconds = (performance.now() - began) / 1000;
    return !Number.isNaN(singleSeconds) && isMirrored();
  }, 20);
  const wall = (performance.now() - began) / 1000;
  await daemon.untilQuiet();
  const cpuEach = ((daemon.cpuSeconds() - before) / objects) * 1000;
  return { wall, cpuEach, single: singleSeconds, own: daemon.takeOwnPeak() };
}

function row(name: string, files: number, large: boolean): Row {
  const size: TreeSize = { files, bytes: 16 };
  const objects = files / 10;
  const count = objects.toLocaleString('en');
  const subjectOf = (change: Change) => `${change.name} of ${count}`;
  return {
    name,
    title: `mass changes among ${files.toLocaleString('en')} watched files`,
    ...(large ? { large: true } : {}),
    targets: CHANGES.flatMap((change) => [
      { subject: subjectOf(change), figure: 'cpuEach', atMost: change.atMostMs } as const,
      { subject: subjectOf(change), figure: 'single', atMost: 1 } as const,
      { subject: subjectOf(change), figure: 'own', atMost: 150 } as const,
    ]),
    // The guard would hold a delete of so many for a person.
    run: (bench) =>
      onWatchedTree(bench, size, 'guard: off', async (watched) => {
        const daemon = watched.start();
        try {
          await daemon.untilLogged('run finished');
          const rounds = Math.min(bench.rounds ?? MOST_ROUNDS, MOST_ROUNDS);
          for (let round = 0; round < rounds; round += 1)
            for (const [at, change] of CHANGES.entries()) {
              bench.progress(`round ${round + 1} of ${rounds}: ${subjectOf(change)}`);
              await watched.add(subjectOf(change), async () => {
                const part = `p${round * CHANGES.length + at}`;
                const figures = await figuresOf(change, daemon, watched, part, objects);
                watched.check();
                return figures;
              });
            }
        } finally {
          await daemon.stop();
        }
      }),
  };
}

export const changes: readonly Row[] = [
  row('changes', 100_000, false),
  row('changes-1m', 1_000_000, true),
];
