import { ofEachBuild } from '../contender.js';
import { hold } from '../contest.js';
import { toFolder } from '../longshore.js';
import type { Subject } from '../result.js';
import type { Bench, Outcome, Row } from '../row.js';
import type { Target } from '../target.js';

const BYTES = 1024;
const SIZES = [10_000, 100_000];
const LARGE = [...SIZES, 1_000_000];

const nameOf = (files: number) => `${files.toLocaleString('en')} files`;

/** No size costs more than 1.2 times the CPU time a file of the cheapest. */
const within = (sizes: readonly number[]): Target[] =>
  sizes.map((files) => ({
    subject: nameOf(files),
    figure: 'cpuEach',
    atMost: 1.2,
    of: sizes.filter((other) => other !== files).map(nameOf),
  }));

const row = (name: string, title: string, sizes: readonly number[]): Row => ({
  name,
  title,
  ...(sizes === LARGE ? { large: true } : {}),
  targets: within(sizes),
  async run(bench) {
    const outcomes: Outcome[] = [];
    for (const files of sizes) outcomes.push(await ofSize(bench, files));
    return {
      fileSystem: outcomes[0]?.fileSystem ?? '',
      subjects: outcomes.flatMap(({ subjects }) => subjects),
    };
  },
});

async function ofSize(bench: Bench, files: number): Promise<Outcome> {
  const { fileSystem, subjects } = await hold(bench, {
    source: { files, bytes: BYTES },
    to: 'folder',
    work: 'first',
    rounds: 2,
    contenders: ofEachBuild(bench.builds.slice(0, 1), nameOf(files), (build, place) =>
      toFolder(build, place, ['--reconcile']),
    ),
  });
  return { fileSystem, subjects: subjects.map((subject) => perFile(subject, files)) };
}

const perFile = (subject: Subject, files: number): Subject => ({
  ...subject,
  samples: subject.samples.map((sample) => ({
    ...sample,
    cpuEach: ((sample.cpu ?? Number.NaN) / files) * 1000,
  })),
});

export const perFileRows: readonly Row[] = [
  row('cpu-per-file', 'CPU time a file of a first mirror, by number of files', SIZES),
  row('cpu-per-file-1m', 'CPU time a file of a first mirror, up to 1,000,000 files', LARGE),
];
