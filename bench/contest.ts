import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, copyOf, type Place } from './contender.js';
import { shownCommand } from './longshore.js';
import type { Sample } from './result.js';
import type { Bench, Outcome } from './row.js';
import { type Sink, type SinkOptions, startSink } from './sink/start.js';
import type { FreshFileSystem, Need } from './space.js';
import { inTurn } from './statistics.js';
import { Subjects } from './subjects.js';
import { type Command, time } from './timing.js';
import { differenceOfCopy, fingerprint, makeTree, type TreeSize } from './tree.js';

/** Programs that do the same work in turn. */
export interface Contest {
  readonly source: TreeSize;
  readonly to: 'folder' | SinkOptions;
  /**
   * first: each run mirrors the source into nothing. again: each program mirrors once, unmeasured, and the runs find nothing
   * to do. restore: each run restores what the S3 server holds, which must be the source, into a folder, or reads it.
   */
  readonly work: 'first' | 'again' | 'restore';
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** True: the copies lie on the disk of this machine, not in memory. */
  readonly onDisk?: boolean;
}

/** Runs the programs that are on this machine in turn, in changing order, and checks each copy. */
export async function hold(bench: Bench, contest: Contest): Promise<Outcome> {
  const { files, bytes } = contest.source;
  const size = { files, bytes: files * bytes };
  const sources = bench.space.fresh(size);
  const sink = typeof contest.to === 'object' ? await startSink(contest.to) : undefined;
  const source = join(sources.folder, 'source');
  const need = {
    files,
    bytes: isInFolder(contest) ? size.bytes : 0,
    onDisk: contest.onDisk ?? false,
  };
  const course: Course = { bench, contest, sink, source, need, subjects: new Subjects() };
  try {
    makeTree(source, contest.source);
    const kind = await (contest.work === 'again' ? repeats(course) : firstMirrors(course));
    return { fileSystem: kind, subjects: course.subjects.all() };
  } finally {
    sink?.stop();
    sources.remove();
  }
}

/** What all runs of a contest share. */
interface Course {
  readonly bench: Bench;
  readonly contest: Contest;
  readonly sink: Sink | undefined;
  readonly source: string;
  /** Of a copy. */
  readonly need: Need;
  readonly subjects: Subjects;
}

/** A fresh file system for each run. Returns its kind. */
async function firstMirrors(course: Course): Promise<string> {
  let kind = '';
  await inRounds(course, async (contender) => {
    const { place, files } = openPlace(course);
    const command = contender.command(place);
    try {
      kind = files.kind;
      course.subjects.begin(
        contender.name,
        contender.program,
        shownCommand(command.argv, place, course.bench.builds[0]),
      );
      await course.subjects.add(contender.name, async () => {
        const sample = await measured(command, place);
        await checkCopy(course, contender, place);
        return sample;
      });
    } finally {
      files.remove();
    }
  });
  return kind;
}

/** A fresh file system for each program. Returns its kind. */
async function repeats(course: Course): Promise<string> {
  const { subjects } = course;
  const opened = new Map<Contender, { place: Place; files: FreshFileSystem }>();
  try {
    for (const contender of present(course)) opened.set(contender, openPlace(course));
    for (const [contender, { place }] of opened) {
      const { name, program } = contender;
      subjects.begin(
        name,
        program,
        shownCommand(contender.command(place).argv, place, course.bench.builds[0]),
      );
      await subjects.add(name, () => mirrorOnce(course, contender, place));
    }
    await inRounds(course, async (contender) => {
      const place = opened.get(contender)?.place;
      if (place === undefined || subjects.hasFailed(contender.name)) return;
      await subjects.add(contender.name, () => findNothing(course, contender, place));
    });
    return [...opened.values()][0]?.files.kind ?? '';
  } finally {
    for (const { files } of opened.values()) files.remove();
  }
}

/** The unmeasured run before the measured ones. */
async function mirrorOnce(course: Course, contender: Contender, place: Place): Promise<undefined> {
  if (contender.readsOnly) return;
  course.bench.progress(`${contender.name}: first mirror`);
  const { argv, env } = (contender.prepare ?? contender.command)(place);
  await time({ argv, ...(env === undefined ? {} : { env }) }, place.folder);
  await checkCopy(course, contender, place);
}

/** A measured run that must not touch the copy. */
async function findNothing(course: Course, contender: Contender, place: Place): Promise<Sample> {
  const { sink } = course;
  contender.before?.(place);
  const copy = () => (sink === undefined ? fingerprint(copyOf(place)) : sink.puts());
  const before = await copy();
  const sample = await measured(contender.command(place), place);
  if ((await copy()) !== before)
    throw new Error('the copy was written to, although nothing had changed');
  return sample;
}

async function inRounds(course: Course, run: (each: Contender) => Promise<void>): Promise<void> {
  const { bench, contest } = course;
  const rounds = bench.rounds ?? contest.rounds;
  for (let round = 0; round < rounds; round += 1)
    for (const contender of inTurn(present(course), round)) {
      bench.progress(`round ${round + 1} of ${rounds}: ${contender.name}`);
      await run(contender);
    }
}

/** The contenders whose program is on this machine. */
const present = ({ bench, contest }: Course): readonly Contender[] =>
  contest.contenders.filter(({ program }) => bench.programs[program] !== undefined);

let buckets = 0;

function openPlace({ bench, contest, need, source, sink }: Course) {
  const files = bench.space.fresh(need);
  mkdirSync(join(files.folder, 'target'));
  buckets += 1;
  const filled = typeof contest.to === 'object' && contest.to.objects !== undefined;
  const bucket = filled ? 'bench' : `bench-${buckets}`;
  return { place: { source, folder: files.folder, port: sink?.port ?? 0, bucket }, files };
}

/** Nothing that was written before is still on its way to the disk when the measurement begins. */
async function measured(command: Command, place: Place): Promise<Sample> {
  for (const folder of [place.source, place.folder]) spawnSync('sync', ['--file-system', folder]);
  return time(command, place.folder);
}

/** Whether the copies are folders, and not buckets. */
const isInFolder = ({ to, work }: Contest): boolean => to === 'folder' || work === 'restore';

/** Throws when the copy differs from the source: a run with a wrong result does not count. */
async function checkCopy(
  { contest, sink }: Course,
  { readsOnly, check }: Contender,
  place: Place,
): Promise<void> {
  if (readsOnly) return;
  if (check !== undefined) {
    const problem = check(place);
    if (problem === undefined) return;
    throw new Error(`the result is wrong: ${problem}`);
  }
  const difference =
    sink === undefined || isInFolder(contest)
      ? differenceOfCopy(place.source, copyOf(place))
      : await sink.differenceOf(place.source, place.bucket);
  if (difference !== undefined) throw new Error(`the copy is wrong: ${difference}`);
}
