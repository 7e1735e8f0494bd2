import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { queueNames } from '../../src/scale/queue-names.js';
import type { Program } from '../world/program.js';
import { redisServers, withServers } from './environment.js';
import { FIT, RIGHTS, startOwnRedis } from './own-redis.js';
import { openTestWorker } from './redis-fixture.js';
import {
  change,
  confirmedOnce,
  endWell,
  lineOf,
  linesOf,
  openSeveralMachines,
  sentBy,
} from './several-machines.js';

/** Longer than it takes until a killed worker's batch is taken again, or taken back. */
const PATIENT_MS = 150_000;

withServers('several machines', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test('two workers send what the daemon finds, each object once, and end at SIGTERM', async () => {
    const machines = openSeveralMachines(await startOwnRedis());
    machines.fill('a', 4_000);
    const workers = [machines.worker(), machines.worker({ args: ['--mirror', 'documents'] })];
    await Promise.all(workers.map((each) => lineOf(each, 'working')));
    const daemon = machines.daemon();
    await machines.equal();
    await confirmedOnce(machines, daemon, ['a']);
    const sent = await Promise.all(workers.map(sentBy));
    expect(sent.every((each) => each > 0)).toBe(true);
    expect(linesOf(daemon).filter(({ event }) => event.startsWith('queue refused'))).toEqual([]);
    await endWell(machines, daemon);
  });

  test('a worker is killed amid changes: each new object is confirmed once, and the container is equal', async () => {
    const machines = openSeveralMachines(await startOwnRedis());
    machines.fill('a', 2_000);
    const victim = machines.worker();
    await lineOf(victim, 'working');
    const daemon = machines.daemon();
    await lineOf(daemon, 'queue up');
    const others: Program[] = [];
    for (let round = 0; round < 3; round += 1) {
      change(machines.source, 'a', round);
      machines.fill(`b${round}`, 500);
      const worker = others.at(-1) ?? victim;
      worker.kill('SIGKILL');
      const next = machines.worker();
      await lineOf(next, 'working');
      others.push(next);
    }
    await machines.equal(PATIENT_MS);
    await confirmedOnce(machines, daemon, ['b0', 'b1', 'b2']);
    await endWell(machines, daemon);
  }, 400_000);

  test.each(['killed', 'emptied', 'frozen', 'away', 'full'] as const)(
    'Redis is %s amid changes: the daemon goes on, and the container is equal at the end',
    async (trouble) => {
      const redis = await startOwnRedis();
      const machines = openSeveralMachines(redis);
      machines.fill('a', 2_000);
      const worker = machines.worker();
      await lineOf(worker, 'working');
      const daemon = machines.daemon();
      await lineOf(daemon, 'queue up');
      for (let round = 0; round < 3; round += 1) {
        change(machines.source, 'a', round);
        machines.fill(`b${round}`, 400);
        if (trouble === 'killed') {
          await redis.kill();
          await redis.start();
        }
        if (trouble === 'emptied') await redis.admin.flushall();
        if (trouble === 'frozen' && round === 0) redis.freeze();
        if (trouble === 'away' && round === 0) await redis.kill();
        if (trouble === 'full')
          await redis.admin.config('SET', 'maxmemory', round === 1 ? '1mb' : '256mb');
      }
      await machines.equal(PATIENT_MS);
      if (trouble === 'frozen') redis.thaw();
      if (trouble === 'away') await redis.start();
      machines.fill('c', 300);
      await machines.equal(PATIENT_MS);
      await confirmedOnce(machines, daemon, ['b0', 'b1', 'b2', 'c']);
      await endWell(machines, daemon);
    },
    400_000,
  );

  test.each([
    ['keeps nothing', ['appendonly no', 'maxmemory-policy noeviction'], /set appendonly yes/],
    ['throws jobs away', ['appendonly yes', 'maxmemory-policy allkeys-lru'], /noeviction/],
    ['has no such user', [...FIT, 'user longshore off'], /refuses the user or the password/],
    [
      'gives too few rights',
      [
        ...FIT,
        `user longshore reset on >longshore-test ${RIGHTS.replace('+@all', '+@read +@connection')}`,
      ],
      /give it these rights/,
    ],
  ])(
    'a Redis that %s: the worker ends and says why, the daemon says it and works alone',
    async (_, lines, why) => {
      const machines = openSeveralMachines(await startOwnRedis(lines));
      machines.fill('a', 100);
      const worker = machines.worker();
      const daemon = machines.daemon();
      const { code, stderr } = await worker.finished;
      expect(code).toBe(1);
      expect(stderr).toMatch(why);
      await machines.equal();
      const line = await lineOf(daemon, 'queue refused, the daemon works alone');
      expect(line.level).toBe('error');
      expect(JSON.stringify(line)).toMatch(why);
      await endWell(machines, daemon);
    },
  );

  test('forged confirmations are refused: every object is sent', async () => {
    const redis = await startOwnRedis();
    const machines = openSeveralMachines(redis);
    machines.fill('a', 600);
    const names = queueNames('nas1');
    let forged = 0;
    await openTestWorker(redis.config(), names, async () => {
      forged += 1;
      return { worker: 'worker:1', payload: Buffer.from(`forged ${forged}`).toString('base64') };
    });
    const daemon = machines.daemon();
    await machines.equal(PATIENT_MS);
    expect(forged).toBeGreaterThan(0);
    await lineOf(daemon, 'answer of a worker refused');
    await confirmedOnce(machines, daemon, ['a']);
    await endWell(machines, daemon);
  });

  test('a worker with other settings, and one with another source, do nothing and say why', async () => {
    const redis = await startOwnRedis();
    const machines = openSeveralMachines(redis);
    machines.fill('a', 3_000);
    machines.writeConfig({ mirror: ', metadata: [mtime]', workers: 'worker: { jobs: 1 }' });
    const differing = machines.worker();
    await lineOf(differing, 'working');
    symlinkSync('/usr', join(machines.folder, 'other'));
    machines.writeConfig({ workers: 'worker: { jobs: 1, sources: { documents: ./other } }' });
    const elsewhere = machines.worker();
    await lineOf(elsewhere, 'working');
    machines.writeConfig({});
    const daemon = machines.daemon();
    await machines.equal(PATIENT_MS);
    expect(JSON.stringify(await lineOf(differing, 'job returned'))).toMatch(
      /"refusal":"settings".*symlinks, folders, hardlinks and metadata/,
    );
    expect(JSON.stringify(await lineOf(elsewhere, 'job returned'))).toMatch(
      /"refusal":"source".*another folder than the coordinator/,
    );
    expect(await sentBy(differing)).toBe(0);
    expect(await sentBy(elsewhere)).toBe(0);
    await endWell(machines, daemon);
  });

  test('a daemon without a queue loads nothing of it, and a worker without one says what is missing', async () => {
    const machines = openSeveralMachines(await startOwnRedis());
    machines.fill('a', 20);
    machines.writeConfig({ queue: '', workers: '' });
    const { code, stderr } = await machines.longshore('worker');
    expect(code).toBe(2);
    expect(stderr).toMatch(/workers: workers get their jobs from a queue/);
  });
});
