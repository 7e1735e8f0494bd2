import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { localBackend } from '../../src/drivers/local/backend.js';
import { createLease } from '../../src/lease/create-lease.js';
import { leaseObject } from '../../src/lease/lease-object.js';
import { silentLogger } from '../../src/log.js';
import { findDaemon, putFacts } from '../../src/scale/daemon-facts.js';
import { PROTOCOL, queueNames } from '../../src/scale/queue-names.js';
import { claimName } from '../../src/scale/queue-owner.js';
import { openRedis } from '../../src/scale/redis.js';
import { proofOf } from '../../src/scale/source-proof.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { holder } from '../lease/rig.js';
import { eventually } from '../world/eventually.js';
import { temporaryFolder } from '../world/folder.js';
import { run } from '../world/program.js';
import { redisServers, withServers } from './environment.js';
import { FIT, startOwnRedis } from './own-redis.js';
import { FACTS, openTestDispatcher, untilUp } from './redis-fixture.js';

/** A configuration with a queue, a source, and what a daemon leaves in Redis and the container; `settings`: as it has them. */
async function openWorld(lines = FIT) {
  const folder = temporaryFolder('worker');
  const redis = await startOwnRedis(lines);
  mkdirSync(join(folder, 'source/folder'), { recursive: true });
  mkdirSync(join(folder, 'vault'));
  writeFileSync(
    join(folder, 'longshore.yaml'),
    `state: ./state
${redis.yaml('nas1')}targets:
  vault: { driver: local, root: ./vault }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents, workers: true }
`,
  );
  const backend = localBackend({ root: join(folder, 'vault') });
  onTestFinished(() => backend.close());
  await backend.createContainer('documents', { signal: NEVER_ABORTED });
  return {
    folder,
    redis,
    check: () =>
      run(['--config', join(folder, 'longshore.yaml'), 'check', '--worker'], { cwd: folder }),
    async daemon() {
      const lease = createLease({
        object: leaseObject(backend, { container: 'documents', key: '.longshore/lease' }),
        place: 'vault:documents/',
        mirror: 'documents',
        self: holder('nas1'),
        periodMs: 600_000,
        takeOver: false,
        howToTakeOver: '',
        workersTrustMs: () => 30_000,
        clock: systemClock,
        log: silentLogger,
      });
      await lease.acquire(NEVER_ABORTED);
      onTestFinished(() => lease.release());
      const epoch = lease.epoch();
      if (epoch === undefined) throw new Error('it is held');
      const connection = await openRedis(redis.config(), 'prompt');
      onTestFinished(() => connection.close());
      await eventually(() => expect(connection.isUp()).toBe(true));
      const names = queueNames('nas1');
      await claimName(connection, names, 'nas1, pid 17');
      const source = await proofOf(join(folder, 'source'));
      await putFacts(connection, names, 'documents', { settings: {}, epoch, source });
    },
  };
}

withServers('check --worker', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test('it finds Redis, the daemon, the lease, the source and the clock, and names what differs', async () => {
    const { check, daemon } = await openWorld();
    await daemon();
    const { code, stdout } = await check();
    expect(stdout).toMatch(
      /ok {6}queue: Redis at 127\.0\.0\.1:\d+ is reachable, and keeps what it has/,
    );
    expect(stdout).toContain(`a daemon nas1 gives out jobs by protocol ${PROTOCOL}: nas1, pid 17`);
    expect(stdout).toMatch(/ok {6}documents: .*source is the source of the daemon/);
    expect(stdout).toContain(
      'the lease can be read, and allows workers: of mirror documents on host nas1',
    );
    expect(stdout).toContain('ok      documents: objects can be written');
    // The daemon of this test has no settings.
    expect(stdout).toMatch(
      /FAILED {2}documents: the settings are those of the daemon: these differ: /,
    );
    expect(code).toBe(1);
  });

  test('a daemon says of each mirror what its jobs say', async () => {
    const own = await startOwnRedis();
    const { dispatcher, redis, names } = await openTestDispatcher(own.config());
    await untilUp(dispatcher);
    const found = await findDaemon(redis, names, 'documents');
    expect(found).toEqual({ owner: 'this daemon', facts: FACTS });
    await own.admin.set(names.factsOf('documents'), '{"settings":1}');
    expect((await findDaemon(redis, names, 'documents')).facts).toBeUndefined();
    expect(await findDaemon(redis, names, 'other')).toEqual({
      owner: 'this daemon',
      facts: undefined,
    });
  });

  test('without a daemon, and with a Redis that forgets, it says both', async () => {
    const forgetful = ['appendonly no', 'maxmemory-policy noeviction'];
    const { check } = await openWorld(forgetful);
    const { code, stdout } = await check();
    expect(stdout).toMatch(/FAILED {2}queue: .*set appendonly yes/);
    expect(stdout).toMatch(
      /FAILED {2}documents: the lease can be read, and allows workers: there is none/,
    );
    expect(code).toBe(1);
  });
});
