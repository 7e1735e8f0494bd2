import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
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

const title = canMount
  ? 'the source of a worker'
  : 'the source of a worker (skipped: needs mounts)';

withServers('several machines', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  describe.skipIf(!canMount)(title, { timeout: 400_000 }, () => {
    test.each([
      ['its share is not mounted', undefined, 'nas', /another folder.*is it mounted/],
      ['its mount point is not there', undefined, 'nas/projects', /is not there: is it mounted/],
      ['another tree is mounted', 'other', 'nas', /another folder/],
    ])(
      '%s: the worker returns one job, and leaves the mirror alone',
      async (_, mounted, at, why) => {
        const machines = openSeveralMachines(await startOwnRedis());
        const worker = workerOn(machines, mounted, at);
        await lineOf(worker, 'working');
        machines.fill('a', 2_000);
        const daemon = machines.daemon();
        await lineOf(worker, 'job returned');
        await machines.equal();
        machines.fill('b', 1_000);
        await machines.equal();
        expect(warningsOf(worker, 'job returned')).toEqual([
          expect.objectContaining({
            mirror: 'documents',
            refusal: 'source',
            why: expect.stringMatching(why),
            leftAloneSeconds: 300,
          }),
        ]);
        await eventually(async () => {
          const { stdout } = await machines.longshore('status');
          expect(stdout).toMatch(/ returns the jobs of documents: /);
        });
        expect(await sentBy(worker)).toBe(0);
        await endWell(machines, daemon);
      },
    );

    test('its share goes away while it works: it returns one job, and no object is deleted', async () => {
      const machines = openSeveralMachines(await startOwnRedis());
      const worker = workerOn(machines, 'source', 'nas');
      await lineOf(worker, 'working');
      machines.fill('a', 2_000);
      const daemon = machines.daemon();
      await machines.equal();
      machines.fill('b', 1_000);
      // The files that it has open stay readable: what it sends of them is what they hold.
      execFileSync('nsenter', [
        ...['--target', String(worker.child.pid), '--mount'],
        ...['umount', '--lazy', join(machines.folder, 'nas')],
      ]);
      for (let round = 0; round < 4; round += 1) machines.fill(`c${round}`, 500);
      await machines.equal();
      await lineOf(worker, 'job returned');
      machines.fill('d', 1_000);
      await machines.equal();
      const ofSource = warningsOf(worker, 'job returned').filter(
        ({ refusal }) => refusal === 'source',
      );
      expect(ofSource).toEqual([expect.objectContaining({ leftAloneSeconds: 300 })]);
      expect(linesOf(daemon).filter(({ job }) => job === 'delete_object')).toEqual([]);
      expect(await sentBy(worker)).toBeGreaterThan(0);
      await endWell(machines, daemon);
    });
  });
});

/** A worker in a mount namespace of its own, where a folder of the workspace is mounted at `nas`; undefined: none is. */
function workerOn(machines: SeveralMachines, mounted: string | undefined, source: string): Program {
  const { folder } = machines;
  for (const name of ['nas', 'other']) mkdirSync(join(folder, name));
  machines.writeConfig({
    workers: `worker: { jobs: 1, sources: { documents: ./${source} } }`,
  });
  const mount = mounted === undefined ? '' : `mount --bind '${join(folder, mounted)}' nas;`;
  return machines.worker({
    around: ['unshare', '--mount', 'sh', '-ec', `${mount} exec "$@"`, 'sh'],
  });
}

const warningsOf = (program: Program, event: string) =>
  linesOf(program).filter((line) => line.level === 'warn' && line.event === event);
