import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import { lineOf, openSeveralMachines, type SeveralMachines } from './several-machines.js';

withServers('workers read back', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test('P2: a worker proves what the daemon is asked to verify; the daemon says what is wrong', async () => {
    const machines = openSeveralMachines(await startOwnRedis());
    machines.fill('a', 600);
    await lineOf(machines.worker(), 'working');
    // All jobs of its first run have their answers then.
    await lineOf(machines.daemon(), 'run finished');
    await machines.equal();
    const before = await jobsDone(machines);
    const whole = await machines.longshore(...VERIFY);
    expect(whole, whole.stdout + whole.stderr).toMatchObject({ code: 0 });
    expect(verified(whole.stdout)).toMatchObject({ state: 'finished', objects: 600, proven: 600 });
    expect(await jobsDone(machines)).toBe(before + 2);
    rmSync(join(machines.folder, 'vault', 'documents', 'a', '1', '11'));
    const damaged = await machines.longshore(...VERIFY);
    expect(verified(damaged.stdout)).toMatchObject({
      proven: 599,
      wrong: [{ name: 'a/1/11', problem: 'missing' }],
    });
  });
});

const VERIFY = ['verify', '--daemon', '--read-back', '100%', '--json', 'documents'];

function verified(stdout: string): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

async function jobsDone(machines: SeveralMachines): Promise<number> {
  const { stdout } = await machines.longshore('status', '--json');
  const { queue } = JSON.parse(stdout) as { readonly queue: { readonly jobs: { done: number } } };
  return queue.jobs.done;
}
