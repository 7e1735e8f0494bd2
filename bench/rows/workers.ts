import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { FIT, startRedisServer } from '../../test/servers/redis-server.js';
import { type Daemon, startDaemon } from '../daemon.js';
import { openLines } from '../lines.js';
import { shownCommand, withWorkers } from '../longshore.js';
import type { Sample } from '../result.js';
import type { Bench, Outcome, Row } from '../row.js';
import { startSink } from '../sink/start.js';
import { inTurn } from '../statistics.js';
import { Subjects } from '../subjects.js';
import { makeTree } from '../tree.js';

const FILE = { files: 1, bytes: 512 * 2 ** 20 };
const RATE = '100mbit';
const ROUNDS = 3;
const [ONE, TWO] = ['one worker', 'two workers'];
const WORKERS: Readonly<Record<string, number>> = { [ONE]: 1, [TWO]: 2 };

/** From the moment a file comes into the source until it is recorded, sent by workers on lines of their own. */
export const workers: readonly Row[] = [
  {
    name: 'large-file-workers',
    title: 'one file of 512 MiB to S3 by workers, each behind a line of 100 Mbit/s',
    targets: [{ subject: TWO, figure: 'wall', atMost: 1 / 1.8, of: [ONE] }],
    async run(bench): Promise<Outcome> {
      const subjects = new Subjects();
      let kind = '';
      for (let round = 0; round < (bench.rounds ?? ROUNDS); round += 1)
        for (const name of inTurn(Object.keys(WORKERS), round)) {
          bench.progress(`round ${round + 1}: ${name}`);
          const files = bench.space.fresh({ files: 10, bytes: FILE.bytes });
          kind = files.kind;
          try {
            await sendOnce(bench, files.folder, name, subjects);
          } finally {
            files.remove();
          }
        }
      return { fileSystem: kind, subjects: subjects.all() };
    },
  },
];

async function sendOnce(
  { builds: [build] }: Bench,
  folder: string,
  name: string,
  subjects: Subjects,
): Promise<void> {
  const lines = openLines(WORKERS[name] ?? 1, RATE);
  const { address } = lines;
  const redisFolder = join(folder, 'redis');
  const source = join(folder, 'source');
  for (const each of [redisFolder, source]) mkdirSync(each);
  makeTree(join(folder, 'outside'), FILE);
  const redis = await startRedisServer(redisFolder, [
    ...FIT,
    `bind 127.0.0.1 ${address}`,
    'protected-mode no',
  ]);
  const sink = await startSink({ trustsDigests: true, address });
  const place = { source, folder, port: sink.port, bucket: 'bench-workers' };
  const queue = redis.yaml().replace('127.0.0.1', address);
  const command = (word: string) => withWorkers(build, place, address, queue, [word]);
  const running: Daemon[] = [];
  const start = (argv: readonly string[]) => {
    const program = startDaemon({ argv }, folder);
    running.push(program);
    return program;
  };
  subjects.begin(name, 'longshore', shownCommand(command('worker').argv, place, build));
  try {
    await subjects.add(name, async (): Promise<Sample> => {
      for (const { around } of lines.all)
        await start([...around, ...command('worker').argv]).untilLogged('"working"');
      const daemon = start(command('run').argv);
      await daemon.untilLogged('"queue up"');
      await daemon.untilLogged('"run finished"');
      const began = performance.now();
      renameSync(join(folder, 'outside'), join(source, 'new'));
      await daemon.untilLogged('"upload_object"');
      const wall = (performance.now() - began) / 1000;
      const difference = await sink.differenceOf(source, place.bucket);
      if (difference !== undefined) throw new Error(`the copy is wrong: ${difference}`);
      return { wall };
    });
  } finally {
    for (const program of running.reverse()) await program.stop();
    await redis.close();
    sink.stop();
    lines.remove();
  }
}
