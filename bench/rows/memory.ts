import { renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, type Place } from '../contender.js';
import { shownCommand, toFolder } from '../longshore.js';
import type { Bench, Row } from '../row.js';
import { Subjects } from '../subjects.js';
import { time } from '../timing.js';
import { differenceOfCopy, makeTree, sizesBelow } from '../tree.js';

const BYTES = 1024;
const TOUCHED_AT_SECONDS = 2_000_000_000;

/** What is done to the source before a run, in this order; at most this much own memory in MiB. */
interface Step {
  readonly name: string;
  readonly atMostMiB: number;
  change(source: string): void;
}

function stepsOf(files: number, firstMiB: number): readonly Step[] {
  // 100,000 files, or all of them: the tree lies in one folder, and each tenth of it in one below.
  const folder = files > 100_000 ? 'tree/p1' : 'tree';
  const renamed = `${folder}-renamed`;
  const halves = folder === 'tree' ? renamed : 'tree';
  return [
    { name: 'first mirror', atMostMiB: firstMiB, change: () => {} },
    { name: 'nothing to do', atMostMiB: 150, change: () => {} },
    {
      name: `touch of ${folder}`,
      atMostMiB: 150,
      change(source) {
        for (const name of sizesBelow(join(source, folder)).keys())
          utimesSync(join(source, folder, name), TOUCHED_AT_SECONDS, TOUCHED_AT_SECONDS);
      },
    },
    {
      name: `rename of ${folder}`,
      atMostMiB: 150,
      change: (source) => renameSync(join(source, folder), join(source, renamed)),
    },
    {
      name: 'rm -rf of half',
      atMostMiB: 150,
      change(source) {
        for (const part of ['p5', 'p6', 'p7', 'p8', 'p9'])
          rmSync(join(source, halves, part), { recursive: true });
      },
    },
  ];
}

/** One reconcile after each step, in this order, on a file system that is fresh at the first. Returns its kind. */
async function runSteps(
  bench: Bench,
  files: number,
  steps: readonly Step[],
  subjects: Subjects,
): Promise<string> {
  const [build] = bench.builds;
  const fresh = bench.space.fresh({ files: 3 * files, bytes: 2 * files * BYTES });
  try {
    const source = join(fresh.folder, 'source');
    const place: Place = { source, folder: join(fresh.folder, 'longshore'), port: 0, bucket: '' };
    makeTree(join(source, 'tree'), { files, bytes: BYTES });
    // The guard would hold a delete of so many for a person.
    const command = toFolder(build, place, ['--reconcile'], { mirror: 'guard: off' });
    for (const step of steps) {
      bench.progress(step.name);
      subjects.begin(step.name, 'longshore', shownCommand(command.argv, place, build));
      await subjects.add(step.name, async () => {
        step.change(source);
        const sample = await time(command, place.folder);
        const difference = differenceOfCopy(source, copyOf(place));
        if (difference !== undefined) throw new Error(`the copy is wrong: ${difference}`);
        return sample;
      });
    }
    return fresh.kind;
  } finally {
    fresh.remove();
  }
}

function row(name: string, files: number, firstMiB: number, large = false): Row {
  const steps = stepsOf(files, firstMiB);
  return {
    name,
    title: `memory: ${files.toLocaleString('en')} files of 1 KiB to a folder`,
    ...(large ? { large: true } : {}),
    targets: steps.map(({ name: subject, atMostMiB }) => ({
      subject,
      figure: 'own',
      atMost: atMostMiB,
    })),
    async run(bench) {
      const subjects = new Subjects();
      let fileSystem = '';
      for (let round = 0; round < (bench.rounds ?? (large ? 1 : 2)); round += 1)
        fileSystem = await runSteps(bench, files, steps, subjects);
      return { fileSystem, subjects: subjects.all() };
    },
  };
}

export const memory: readonly Row[] = [
  row('memory-10k', 10_000, 105),
  row('memory-100k', 100_000, 115),
  row('memory-1m', 1_000_000, 150, true),
];
