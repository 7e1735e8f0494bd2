import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, type Place } from './contender.js';
import { type Daemon, startDaemon } from './daemon.js';
import { shownCommand, toFolder } from './longshore.js';
import type { Sample } from './result.js';
import type { Bench, Outcome } from './row.js';
import { Subjects } from './subjects.js';
import { type Command, time } from './timing.js';
import { differenceOfCopy, makeTree, type TreeSize } from './tree.js';

interface Peer {
  readonly program: string;
  readonly command: Command;
}

/** A tree that was mirrored to a folder, in memory where possible, and the means to watch it. */
export interface Watched {
  readonly source: string;
  readonly copy: string;
  readonly place: Place;
  /** Starts `longshore run`; the caller stops it. */
  start(): Daemon;
  /** Adds the figures of a round to a subject: by default of the daemon, else of a peer with its command. */
  add(name: string, round: () => Promise<Sample>, peer?: Peer): Promise<void>;
  /** Throws when the copy differs from the source. */
  check(): void;
}

/**
 * Makes a tree, mirrors it to a folder, and lets `work` watch it. `mirror` are lines of the mirror's configuration. The whole
 * row fails when the first mirror does.
 */
export async function onWatchedTree(
  bench: Bench,
  size: TreeSize,
  mirror: string | undefined,
  work: (watched: Watched) => Promise<void>,
): Promise<Outcome> {
  const [build] = bench.builds;
  // The source and its copy are on one file system, so it needs room for both, and for what a row adds.
  const files = bench.space.fresh({ files: 3 * size.files, bytes: 2 * size.files * size.bytes });
  const source = join(files.folder, 'source');
  const folder = join(files.folder, 'longshore');
  const place: Place = { source, folder, port: 0, bucket: '' };
  const subjects = new Subjects();
  const run = () => toFolder(build, place, ['run'], mirror === undefined ? {} : { mirror });
  const watched: Watched = {
    source,
    copy: copyOf(place),
    place,
    start: () => startDaemon(run(), folder),
    add(name, round, peer) {
      const { argv } = peer?.command ?? run();
      subjects.begin(name, peer?.program ?? 'longshore', shownCommand(argv, place, build));
      return subjects.add(name, round);
    },
    check() {
      const difference = differenceOfCopy(source, copyOf(place));
      if (difference !== undefined) throw new Error(`the copy is wrong: ${difference}`);
    },
  };
  try {
    bench.progress(`first mirror of ${size.files} files`);
    mkdirSync(folder);
    makeTree(source, size);
    await time(toFolder(build, place, ['--reconcile']), folder);
    watched.check();
    await work(watched);
    return { fileSystem: files.kind, subjects: subjects.all() };
  } finally {
    files.remove();
  }
}
