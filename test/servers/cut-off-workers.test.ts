import { describe, expect, test } from 'vitest';
import { redisServers, withServers } from './environment.js';
import { changeBatchOf, holdBatchOf, openMachinesOnS3, startBoth } from './machines-on-s3.js';
import { canHaveNetworks, openNetworkNamespace } from './network-namespace.js';
import { startOwnRedis } from './own-redis.js';
import { endWell, lineOf, sentBy } from './several-machines.js';

const PATIENT_MS = 150_000;
const title = canHaveNetworks
  ? 'the network of a worker'
  : 'the network of a worker (skipped: needs network namespaces)';

withServers('several machines', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  describe.skipIf(!canHaveNetworks)(title, { timeout: 400_000 }, () => {
    test('it is lost amid a job: the worker is fenced, and the daemon takes the job back', async () => {
      const redis = await startOwnRedis();
      const { around, reach, unplug, plug } = openNetworkNamespace();
      const machines = await openMachinesOnS3(redis, reach);
      const { worker, daemon } = await startBoth(machines, { around });
      await holdBatchOf(machines, redis, 'b');
      unplug();
      machines.fake.doors.open('PutObject');
      changeBatchOf(machines, 'b');
      await machines.equal(PATIENT_MS);
      expect(await lineOf(daemon, 'jobs taken back from the queue')).toMatchObject({
        jobs: 1,
        why: 'no worker is there',
      });
      const puts = machines.putsBelow('b');
      plug();
      await lineOf(worker, 'queue up');
      const returned = await lineOf(worker, 'job returned', { level: 'warn' });
      expect(returned).toMatchObject({ refusal: 'fenced' });
      expect(machines.putsBelow('b')).toEqual(puts);
      machines.fill('c', 200);
      await machines.equal();
      expect(await sentBy(worker)).toBeGreaterThan(0);
      await endWell(machines, daemon);
    });
  });
});
