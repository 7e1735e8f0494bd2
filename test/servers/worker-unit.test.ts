import { describe, expect, onTestFinished, test } from 'vitest';
import { noSystemd } from '../systemd/host.js';
import { addDropIn, DAEMON, installHost, startAfresh } from '../systemd/installation.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';

const title =
  noSystemd === undefined ? 'under a real systemd' : `under a real systemd (skipped: ${noSystemd})`;
const WORKER = 'longshore-worker.service';
const patience = { timeout: 90_000, interval: 200 };

withServers('the unit of a worker', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  describe.skipIf(noSystemd !== undefined)(title, { timeout: 400_000 }, () => {
    test('it is active once it takes jobs, does some, and ends in order at SIGTERM', async () => {
      // The network of the host is that of this machine.
      const redis = await startOwnRedis();
      const host = await installHost();
      onTestFinished(() => host.close());
      await startAfresh(host);
      await host.shell(`
        install -d -o longshore /srv/containers
        for at in $(seq 600); do echo "$at" >"/srv/data/$at"; done; chmod -R a+rX /srv/data`);
      await host.write('/etc/longshore/longshore.yaml', configuration(redis.yaml()));
      await host.shell(
        'chgrp longshore /etc/longshore/longshore.yaml; chmod 640 /etc/longshore/*.yaml',
      );
      await addDropIn(host, WORKER, '[Service]\nReadWritePaths=/srv/containers\n');
      expect(await host.run('systemd-analyze', 'verify', WORKER)).toMatchObject({ code: 0 });

      await redis.kill();
      await host.shell(`systemctl start --no-block ${WORKER}`);
      const said = () => host.shell(`journalctl --no-pager --output cat --unit ${WORKER}`);
      await expect.poll(said, patience).toContain('queue away');
      expect(await host.property(WORKER, 'SubState')).toBe('start');
      await redis.start();
      await expect.poll(() => host.property(WORKER, 'ActiveState'), patience).toBe('active');
      expect(await said()).toContain('info working ');

      await host.shell(`systemctl start ${DAEMON}`);
      const stored = () =>
        host.shell('find /srv/containers/documents -type f -name "[0-9]*" | wc -l');
      await expect.poll(stored, patience).toBe('600\n');
      const status = () => host.property(WORKER, 'StatusText');
      await expect.poll(status, patience).toMatch(/[1-9]\d* answered, [1-9]\d* objects sent/);

      await host.shell(`systemctl stop ${WORKER}`);
      expect(await host.property(WORKER, 'Result')).toBe('success');
      expect(await host.property(WORKER, 'ExecMainStatus')).toBe('0');
      expect(await said()).toMatch(/info draining .*info worker ended .*objects=[1-9]/s);
      await host.shell(`longshore --config /etc/longshore/longshore.yaml verify documents`);
    });
  });
});

const configuration = (queue: string) => `
state: /var/lib/longshore
${queue}targets:
  vault: { driver: local, root: /srv/containers }
mirrors:
  - { name: documents, source: /srv/data, target: vault, container: documents, settle: 50ms, workers: true }
`;
