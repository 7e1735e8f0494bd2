import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../world/eventually.js';
import type { Program } from '../world/program.js';
import { canMount } from '../world/rights.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import {
  endWell,
  lineOf,
  linesOf,
  openSeveralMachines,
  type SeveralMachines,
  sentBy,
} from './several-machines.js';

withServers(
  'folders by which a worker knows the source',
  'LONGSHORE_REDIS_URL',
  redisServers(),
  () => {
    test('all are renamed: the worker returns a job, and has jobs again when the daemon has looked', async () => {
      const machines = openSeveralMachines(await startOwnRedis());
      machines.fill('a', 200);
      const daemon = machines.daemon();
      await lineOf(daemon, 'watching');
      const worker = machines.worker();
      await lineOf(worker, 'working');
      await untilHelped(machines, 'b');
      for (const name of readdirSync(machines.source))
        renameSync(join(machines.source, name), join(machines.source, `${name} renamed`));
      const before = await objectsByWorkers(machines);
      let round = 0;
      await eventually(() => {
        machines.fill(`c${round}`, 200);
        round += 1;
        expect(refusalsOf(worker)[0]).toMatch(/folders in .* are others than the coordinator's/);
      }, 60_000);
      await lineOf(worker, 'mirror taken up again');
      await untilHelped(machines, 'd', before);
      await machines.equal();
      await endWell(machines, daemon);
    });

    describe.skipIf(!canMount)(canMount ? 'mounts' : 'mounts (skipped: needs mounts)', () => {
      test('P3 others are mounted over them: the worker sends nothing, however often it asks', async () => {
        const machines = openSeveralMachines(await startOwnRedis());
        machines.fill('a', 200);
        const { folder } = machines;
        for (const name of ['nas', 'other']) mkdirSync(join(folder, name));
        machines.writeConfig({ workers: 'worker: { jobs: 1, sources: { documents: ./nas } }' });
        const script = 'mount --bind source nas; mount --bind other nas/a; exec "$@"';
        const worker = machines.worker({
          around: ['unshare', '--mount', 'sh', '-ec', script, 'sh'],
        });
        await lineOf(worker, 'working');
        const daemon = machines.daemon();
        machines.fill('a', 500);
        await eventually(() => {
          const asked = linesOf(worker).filter(({ event }) => event === 'source still another one');
          expect(asked.length).toBeGreaterThan(2);
        });
        await machines.equal();
        expect(refusalsOf(worker)).toEqual([
          expect.stringMatching(/are others than the coordinator's/),
        ]);
        expect(await sentBy(worker)).toBe(0);
        await endWell(machines, daemon);
      });
    });
  },
);

/** Brings files into the source until a worker has sent more objects than before. */
async function untilHelped(machines: SeveralMachines, below: string, before = 0): Promise<void> {
  let round = 0;
  await eventually(async () => {
    machines.fill(`${below}${round}`, 200);
    round += 1;
    expect(await objectsByWorkers(machines)).toBeGreaterThan(before);
  }, 60_000);
}

async function objectsByWorkers(machines: SeveralMachines): Promise<number> {
  const { stdout } = await machines.longshore('status', '--json');
  const { queue } = JSON.parse(stdout) as { queue: { workers: { objects: number }[] } };
  return queue.workers.reduce((sum, { objects }) => sum + objects, 0);
}

/** Why a worker took its source for another one. */
const refusalsOf = (worker: Program) =>
  linesOf(worker)
    .filter(
      ({ event, level, refusal }) =>
        event === 'job returned' && level === 'warn' && refusal === 'source',
    )
    .map(({ why }) => why);
