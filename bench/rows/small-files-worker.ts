import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FIT, type RedisServer, startRedisServer } from '../../test/servers/redis-server.js';
import type { Place } from '../contender.js';
import { type Daemon, startDaemon } from '../daemon.js';
import { shownCommand, toS3 } from '../longshore.js';
import type { Sample } from '../result.js';
import type { Bench, Outcome, Row } from '../row.js';
import { startSink } from '../sink/start.js';
import { inTurn } from '../statistics.js';
import { Subjects } from '../subjects.js';
import { makeTree } from '../tree.js';

const TREE = { files: 100_000, bytes: 1024 };
const ROUNDS = 3;
const ALONE = 'one process';
const WORKER = 'one worker: daemon, worker and Redis';
const DAEMON = 'one worker: the daemon';

/** What workers cost: the same files sent by a daemon alone, and by a worker beside it, starts of all processes included. */
export const smallFilesWorker: Row = {
  name: 'mirror-small-worker',
  title: '100,000 files of 1 KiB to S3, by a daemon alone and by one with a worker beside it',
  targets: [
    { subject: WORKER, figure: 'cpu', atMost: 1.2, of: [ALONE] },
    { subject: DAEMON, figure: 'cpu', atMost: 0.25, of: [ALONE] },
  ],
  async run(bench): Promise<Outcome> {
    const subjects = new Subjects();
    let kind = '';
    for (let round = 0; round < (bench.rounds ?? ROUNDS); round += 1)
      for (const name of inTurn([ALONE, WORKER], round)) {
        bench.progress(`round ${round + 1}: ${name}`);
        const files = bench.space.fresh(TREE);
        kind = files.kind;
        try {
          await sendAll(bench, files.folder, name === WORKER, subjects);
        } finally {
          files.remove();
        }
      }
    return { fileSystem: kind, subjects: subjects.all() };
  },
};

async function sendAll(
  { builds: [build] }: Bench,
  folder: string,
  withWorker: boolean,
  subjects: Subjects,
): Promise<void> {
  const source = join(folder, 'source');
  makeTree(source, TREE);
  mkdirSync(join(folder, 'redis'));
  const redis = withWorker ? await startRedisServer(join(folder, 'redis'), FIT) : undefined;
  const sink = await startSink({ trustsDigests: true });
  const place: Place = { source, folder, port: sink.port, bucket: 'bench-worker' };
  const settings = redis && { mirror: 'workers: true', queue: redis.yaml() };
  const command = (word: string) => toS3(build, place, [word, '--log-json'], settings);
  const shown = (word: string) => shownCommand(command(word).argv, place, build);
  const running: Daemon[] = [];
  const start = (word: string) => {
    const program = startDaemon(command(word), folder);
    running.push(program);
    return program;
  };
  const name = withWorker ? WORKER : ALONE;
  subjects.begin(
    name,
    'longshore',
    withWorker ? `${shown('worker')}; ${shown('run')}` : shown('run'),
  );
  if (withWorker) subjects.begin(DAEMON, 'longshore', shown('run'));
  try {
    let own: Sample | undefined;
    await subjects.add(name, async () => {
      if (withWorker) await start('worker').untilLogged('"working"');
      const began = performance.now();
      const daemon = start('run');
      await daemon.untilLogged('"run finished"');
      const wall = (performance.now() - began) / 1000;
      own = { cpu: daemon.cpuSeconds() };
      const cpu = running.reduce((sum, each) => sum + each.cpuSeconds(), await cpuOf(redis));
      const difference = await sink.differenceOf(source, place.bucket);
      if (difference !== undefined) throw new Error(`the copy is wrong: ${difference}`);
      return { wall, cpu };
    });
    if (withWorker) await subjects.add(DAEMON, async () => own);
  } finally {
    for (const program of running.reverse()) await program.stop();
    await redis?.close();
    sink.stop();
  }
}

/** User and system seconds of Redis since it started. */
async function cpuOf(redis: RedisServer | undefined): Promise<number> {
  const info = (await redis?.admin.info('cpu')) ?? '';
  return [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)]
    .map(([, seconds]) => Number(seconds))
    .reduce((sum, each) => sum + each, 0);
}
