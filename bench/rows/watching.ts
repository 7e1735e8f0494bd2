import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FIND } from '../contender.js';
import type { Daemon } from '../daemon.js';
import type { Sample } from '../result.js';
import type { Bench, Row } from '../row.js';
import { quantile } from '../statistics.js';
import { time } from '../timing.js';
import { fileName, type TreeSize } from '../tree.js';
import { onWatchedTree, type Watched } from '../watched.js';

const MANY: TreeSize = { files: 100_000, bytes: 16 };
const MILLION: TreeSize = { files: 1_000_000, bytes: 16 };
const IN_SYNC = 'run finished';
const IDLE_MS = 60_000;
const WRITES = 300;

const sized = (name: string, size: TreeSize, title: string) =>
  size === MILLION
    ? ({ name: `${name}-1m`, title: title.replace('100,000', '1,000,000'), large: true } as const)
    : { name, title };

const roundsOf = (bench: Bench, usual: number) =>
  Array.from({ length: bench.rounds ?? usual }, (_, round) => round);

/** From the moment a file has its name until its copy has it, by a running daemon. */
const latency = (size: TreeSize): Row => ({
  ...sized('latency', size, 'event to mirrored: one new file among 100,000 watched, settle: 0'),
  targets:
    size === MILLION
      ? [{ subject: 'longshore', figure: 'p99', atMost: 30 }]
      : [
          { subject: 'longshore', figure: 'p50', atMost: 5 },
          { subject: 'longshore', figure: 'p99', atMost: 20 },
        ],
  run: (bench) =>
    onWatchedTree(bench, size, 'settle: 0', (watched) =>
      whileRunning(watched, async (daemon) => {
        for (const round of roundsOf(bench, 3)) {
          bench.progress(`round ${round + 1}: ${WRITES} files`);
          await watched.add('longshore', () => latenciesOf(daemon, watched, size, round));
        }
      }),
    ),
});

async function latenciesOf(
  daemon: Daemon,
  { source, copy, place }: Watched,
  { files }: TreeSize,
  round: number,
): Promise<Sample> {
  const waits: number[] = [];
  for (let write = 0; write < WRITES; write += 1) {
    const folder = dirname(fileName(Math.floor((write * files) / WRITES), files));
    const name = `${folder}/new-${round}-${write}`;
    const outside = join(place.folder, 'new');
    writeFileSync(outside, `content ${round} ${write}`);
    const began = performance.now();
    renameSync(outside, join(source, name));
    await daemon.until(() => existsSync(join(copy, name)), 0);
    waits.push(performance.now() - began);
    await delay(10);
  }
  return { p50: quantile(waits, 0.5), p99: quantile(waits, 0.99), worst: quantile(waits, 1) };
}

/** From the start of the daemon until it has found that nothing changed. */
const start = (size: TreeSize): Row => ({
  ...sized('start', size, 'start of the daemon on 100,000 unchanged files until in sync'),
  targets: [
    { subject: 'longshore', figure: 'cpu', atMost: 2, of: [FIND.name], ofFigure: 'wall' },
    { subject: 'longshore', figure: 'wall', atMost: 2, of: [FIND.name] },
  ],
  run: (bench) =>
    onWatchedTree(bench, size, undefined, async (watched) => {
      for (const round of roundsOf(bench, 5)) {
        bench.progress(`round ${round + 1}`);
        await watched.add('longshore', () => startOnce(watched));
        const command = FIND.command(watched.place);
        await watched.add(FIND.name, () => time(command, watched.place.folder), {
          program: 'find',
          command,
        });
      }
    }),
});

async function startOnce(watched: Watched): Promise<Sample> {
  const began = performance.now();
  const daemon = watched.start();
  try {
    await daemon.untilLogged(IN_SYNC);
    const wall = (performance.now() - began) / 1000;
    return { wall, cpu: daemon.cpuSeconds(), own: daemon.takeOwnPeak() };
  } finally {
    await daemon.stop();
  }
}

/** A daemon that has nothing to do. */
const idle = (size: TreeSize): Row => ({
  ...sized('idle', size, 'idle for a minute, watching 100,000 files'),
  targets: [{ subject: 'longshore', figure: 'idle', atMost: 0.1 }],
  run: (bench) =>
    onWatchedTree(bench, size, undefined, (watched) =>
      whileRunning(watched, async (daemon) => {
        await daemon.untilQuiet();
        for (const round of roundsOf(bench, 1)) {
          bench.progress(`minute ${round + 1}`);
          await watched.add('longshore', async () => {
            const before = daemon.cpuSeconds();
            await delay(IDLE_MS);
            return { idle: ((daemon.cpuSeconds() - before) / (IDLE_MS / 1000)) * 100 };
          });
        }
      }),
    ),
});

async function whileRunning(watched: Watched, work: (daemon: Daemon) => Promise<void>) {
  const daemon = watched.start();
  try {
    await daemon.untilLogged(IN_SYNC);
    await work(daemon);
    await daemon.untilQuiet();
  } finally {
    await daemon.stop();
  }
  await watched.add('longshore', async () => {
    watched.check();
    return {};
  });
}

export const watching: readonly Row[] = [MANY, MILLION].flatMap((size) => [
  latency(size),
  start(size),
  idle(size),
]);
