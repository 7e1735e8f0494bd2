import { expect, test } from 'vitest';
import { PROTOCOL, queueNames } from '../../src/scale/queue-names.js';
import { eventually } from '../world/eventually.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import { openTestWorker } from './redis-fixture.js';
import { endWell, lineOf, openSeveralMachines, sentBy } from './several-machines.js';

const OTHER = PROTOCOL + 1;
const SAID = `speak protocol ${OTHER} and get no jobs: install one version`;

withServers('several machines', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test('a worker of another protocol gets no jobs, and the daemon says so until one of its own is there', async () => {
    const redis = await startOwnRedis();
    const machines = openSeveralMachines(redis);
    machines.fill('a', 600);
    let begun = 0;
    const other = await openTestWorker(
      redis.config(),
      queueNames('nas1', OTHER),
      async () => {
        begun += 1;
        throw new Error('it cannot read the job');
      },
      { protocol: OTHER },
    );
    const daemon = machines.daemon();
    const warned = await lineOf(daemon, 'no worker speaks the protocol of this daemon');
    expect(warned).toMatchObject({ level: 'warn', protocol: PROTOCOL, spoken: String(OTHER) });
    await machines.equal();
    expect((await machines.longshore('status')).stdout).toContain(SAID);

    const worker = machines.worker();
    await lineOf(worker, 'working');
    await eventually(async () => {
      const { stdout } = await machines.longshore('status');
      expect(stdout).toContain('Workers: 1;');
      expect(stdout).not.toContain(SAID);
    });
    machines.fill('b', 600);
    await machines.equal();
    expect(await sentBy(worker)).toBeGreaterThan(0);
    expect(begun).toBe(0);
    await other.close();
    await endWell(machines, daemon);
  });
});
