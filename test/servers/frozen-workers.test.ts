import { expect, test } from 'vitest';
import { eventually } from '../world/eventually.js';
import { processState } from '../world/process-state.js';
import { redisServers, withServers } from './environment.js';
import { changeBatchOf, holdBatchOf, openMachinesOnS3, startBoth } from './machines-on-s3.js';
import { startOwnRedis } from './own-redis.js';
import { endWell, lineOf } from './several-machines.js';

/** Longer than it takes until its lock has ended, or until the daemon has its job back. */
const PATIENT_MS = 150_000;

withServers('several machines', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test.each([
    ['another worker has its job', true],
    ['the daemon has taken its job back', false],
  ])(
    'a worker that is frozen between read and request sends nothing once %s, and the store refuses what was under way',
    async (_, hasAnother) => {
      const redis = await startOwnRedis();
      const machines = await openMachinesOnS3(redis);
      const { worker, daemon } = await startBoth(machines);
      await holdBatchOf(machines, redis, 'b');
      worker.kill('SIGSTOP');
      await eventually(() => expect(processState(worker.child.pid)).toBe('T'));
      // What it had sent, after its fence was asked, comes later than all that others do.
      machines.fake.doors.letInLater('PutObject');
      changeBatchOf(machines, 'b');
      if (hasAnother) await lineOf(machines.worker(), 'working');
      await machines.equal(PATIENT_MS);
      const before = machines.putsBelow('b').length;
      machines.fake.doors.open('PutObject');
      await eventually(() => expect(machines.putsBelow('b').length).toBeGreaterThan(before));
      await machines.equal();
      const puts = machines.putsBelow('b');
      for (const { status } of puts.slice(before)) expect(status).toBe(412);
      worker.kill('SIGCONT');
      const returned = await lineOf(worker, 'job returned', { level: 'warn' });
      expect(returned).toMatchObject({ refusal: 'fenced' });
      expect(machines.putsBelow('b')).toEqual(puts);
      machines.fill('c', 200);
      await machines.equal();
      await endWell(machines, daemon);
    },
    400_000,
  );
});
