import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JobRefusedError, QueueAwayError } from '../../src/scale/dispatcher.js';
import type { QueueDispatcher } from '../../src/scale/queue-dispatcher.js';
import { eventually } from '../world/eventually.js';
import { temporaryFolder } from '../world/folder.js';
import { redisServers, withServers } from './environment.js';
import { FIT, type OwnRedis, secretOf, startOwnRedis } from './own-redis.js';
import {
  fastClock,
  openTestDispatcher,
  openTestWorker,
  uniqueName,
  untilUp,
} from './redis-fixture.js';

const never = new AbortController().signal;
const job = { kind: 'send', mirror: 'documents', payload: 'a' } as const;

withServers('Redis that cannot be used', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test.each([
    ['throws jobs away', ['appendonly yes', 'maxmemory-policy allkeys-lru'], /noeviction/],
    ['keeps nothing', ['appendonly no', 'maxmemory-policy noeviction'], /appendonly yes/],
  ])('Redis that %s is refused, and used once that is mended', async (_, lines, advice) => {
    const own = await startOwnRedis(lines);
    const opened = await openTestDispatcher(own.config());
    await untilRefused(opened.dispatcher, advice);
    expect(opened.dispatcher.freePlaces('documents', 'send')).toBe(0);
    await expect(errorsOf(opened.lines)).toEqual([expect.stringMatching(advice)]);
    await own.kill();
    await own.start(FIT);
    await untilUp(opened.dispatcher);
  });

  test('a wrong password is refused', async () => {
    const own = await startOwnRedis();
    const { dispatcher } = await openTestDispatcher(own.config({ password: secretOf('wrong') }));
    await untilRefused(dispatcher, /refuses the user or the password: see queue\.redis\.username/);
    expect(dispatcher.status().why).not.toContain('wrong password');
  });

  test('a user without the rights of a queue is refused, with those that it needs', async () => {
    const own = await startOwnRedis();
    await own.admin.acl(
      'SETUSER',
      'poor',
      'on',
      '>poor-password',
      '~longshore:*',
      '+@read',
      '+info',
    );
    const { dispatcher } = await openTestDispatcher(
      own.config({ username: 'poor', password: secretOf('poor-password') }),
    );
    await untilRefused(dispatcher, /give it these rights: ~longshore:\*/);
  });

  test('a certificate of a foreign authority is refused', async () => {
    const { key, certificate } = makeCertificate();
    const own = await startOwnRedis();
    const tlsPort = own.port + 1;
    await own.kill();
    await own.start([
      ...FIT,
      `tls-port ${tlsPort}`,
      `tls-cert-file ${certificate}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${certificate}`,
      'tls-auth-clients no',
    ]);
    const config = own.config({ port: tlsPort, tls: true });
    const { dispatcher } = await openTestDispatcher(config);
    await untilRefused(dispatcher, /certificate of Redis is not to be trusted .* queue\.redis\.ca/);
    const trusted = await openTestDispatcher({ ...config, ca: certificate });
    await untilUp(trusted.dispatcher);
  });

  test('a queue with jobs of another product is refused, before and after it is in use', async () => {
    const own = await startOwnRedis();
    const daemon = uniqueName();
    const opened = await openTestDispatcher(own.config(), { daemon });
    await untilUp(opened.dispatcher);
    await addForeignJob(own, opened.names.queueOf('documents'));
    await openTestWorker(own.config(), opened.names, async () => ({ anything: true }));
    await untilRefused(
      opened.dispatcher,
      /jobs that longshore has not added \(such as mail-4711\)/,
    );
    const later = await openTestDispatcher(own.config(), { daemon });
    await untilRefused(later.dispatcher, /jobs that longshore has not added \(such as mail-4711\)/);
  });

  test('two daemons of one name: the second is refused until the first has ended', async () => {
    const own = await startOwnRedis();
    const daemon = uniqueName();
    const first = await openTestDispatcher(own.config(), { daemon, self: 'nas1, /state' });
    await untilUp(first.dispatcher);
    const second = await openTestDispatcher(own.config(), { daemon, self: 'nas2, /state' });
    await untilRefused(second.dispatcher, /another daemon .* \(nas1, \/state\).* queue\.name/);
    await first.dispatcher.close();
    await untilUp(second.dispatcher);
  });
});

withServers('Redis in trouble', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test.each([
    ['no answer', { worker: 'w' }],
    ['a payload that is no text', { worker: 'w', payload: 7 }],
    ['a payload without a worker', { payload: 'A' }],
    [
      'a reason that does not exist',
      { worker: 'w', refusal: 'mood', detail: '', nothingBegun: true },
    ],
    ['too much', { worker: 'w', payload: 'A'.repeat(5 * 2 ** 20) }],
    ['a failure', undefined],
  ])('an answer is refused that is %s', async (_, answer) => {
    const own = await startOwnRedis();
    const { dispatcher, names } = await openTestDispatcher(own.config());
    await openTestWorker(own.config(), names, async () => {
      if (answer === undefined) throw new Error('of a worker');
      return answer;
    });
    await untilUp(dispatcher);
    const error = await dispatcher.run(job, never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JobRefusedError);
    expect(error).toMatchObject({ refusal: 'failed', nothingBegun: false });
    expect(dispatcher.status().up).toBe(true);
  });

  test('a full Redis takes no job: the caller does it, and later ones go through', async () => {
    const own = await startOwnRedis();
    const { dispatcher, names } = await openTestDispatcher(own.config(), { clock: fastClock(20) });
    await openTestWorker(own.config(), names, async () => ({ worker: 'w', payload: 'A' }));
    await untilUp(dispatcher);
    await own.admin.config('SET', 'maxmemory', '1mb');
    await expect(dispatcher.run(job, never)).rejects.toThrow(QueueAwayError);
    expect(dispatcher.freePlaces('documents', 'send')).toBe(0);
    await own.admin.config('SET', 'maxmemory', '256mb');
    await eventually(() => expect(dispatcher.freePlaces('documents', 'send')).toBeGreaterThan(0));
    expect(await dispatcher.run(job, never)).toMatchObject({ payload: 'A' });
  });

  test('Redis away: jobs are taken back after 45 s, and places are there again when it is back', async () => {
    const own = await startOwnRedis();
    const { dispatcher, names } = await openTestDispatcher(own.config(), { clock: fastClock(20) });
    await untilUp(dispatcher);
    const running = dispatcher.run(job, never);
    await own.kill();
    await expect(running).rejects.toThrow('Redis is away');
    expect(dispatcher.freePlaces('documents', 'send')).toBe(0);
    expect(dispatcher.status()).toMatchObject({ up: false, redone: 1, changedHands: 1 });
    await own.start();
    await openTestWorker(own.config(), names, async () => ({ worker: 'w', payload: 'A' }));
    await untilUp(dispatcher);
    await eventually(() => expect(dispatcher.freePlaces('documents', 'send')).toBeGreaterThan(0));
    expect(await dispatcher.run(job, never)).toMatchObject({ payload: 'A', changedHands: false });
  });

  test('a frozen Redis is away as well: an add that was not answered is none the less done once', async () => {
    const own = await startOwnRedis();
    const { dispatcher, names } = await openTestDispatcher(own.config());
    let done = 0;
    await openTestWorker(own.config(), names, async () => {
      done += 1;
      return { worker: 'w', payload: 'A' };
    });
    await untilUp(dispatcher);
    own.freeze();
    const running = dispatcher.run(job, never);
    await eventually(() => expect(dispatcher.status().up).toBe(false));
    own.thaw();
    expect(await running).toMatchObject({ payload: 'A' });
    expect(done).toBe(1);
  });

  test('jobs without any worker are taken back', async () => {
    const own = await startOwnRedis();
    const { dispatcher } = await openTestDispatcher(own.config(), { clock: fastClock(20) });
    await untilUp(dispatcher);
    await expect(dispatcher.run(job, never)).rejects.toThrow('no worker is there');
  });

  test('a mirror that drains takes back what no worker has begun, and waits for the rest', async () => {
    const own = await startOwnRedis();
    const { dispatcher, served, names } = await openTestDispatcher(own.config());
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    let begun = 0;
    await openTestWorker(
      own.config(),
      names,
      async () => {
        begun += 1;
        await held;
        return { worker: 'w', payload: 'A' };
      },
      { jobs: 1 },
    );
    await untilUp(dispatcher);
    const first = dispatcher.run(job, never);
    await eventually(() => expect(begun).toBe(1));
    const second = expect(dispatcher.run(job, never)).rejects.toThrow(QueueAwayError);
    await eventually(async () => {
      await dispatcher.look();
      expect(dispatcher.status().jobs).toMatchObject({ waiting: 1, active: 1 });
    });
    const drained = served.drain();
    await second;
    expect(served.isDrained()).toBe(false);
    go();
    expect(await first).toMatchObject({ payload: 'A' });
    await drained;
    expect(served.isDrained()).toBe(true);
    expect(begun).toBe(1);
  });

  test('jobs of an earlier process are removed, and their answers not believed', async () => {
    const own = await startOwnRedis();
    const daemon = uniqueName();
    const first = await openTestDispatcher(own.config(), { daemon });
    await untilUp(first.dispatcher);
    const lost = expect(first.dispatcher.run(job, never)).rejects.toThrow(QueueAwayError);
    await eventually(async () =>
      expect(await own.admin.keys(`*/documents:e${first.epoch}-*`)).toHaveLength(1),
    );
    await first.redis.close(); // as kill -9 does
    const second = await openTestDispatcher(own.config(), { daemon });
    await untilUp(second.dispatcher);
    expect(await own.admin.keys(`*/documents:e${first.epoch}-*`)).toEqual([]);
    await first.dispatcher.close();
    await lost;
  });
});

async function untilRefused(dispatcher: QueueDispatcher, why: RegExp): Promise<void> {
  await eventually(async () => {
    await dispatcher.look();
    expect(dispatcher.status()).toMatchObject({ up: false, why: expect.stringMatching(why) });
  });
}

function errorsOf(lines: readonly { readonly level: string; readonly fields: object }[]): string[] {
  return lines.flatMap(({ level, fields }) =>
    level === 'error' ? [String((fields as { error?: Error }).error?.message)] : [],
  );
}

async function addForeignJob(own: OwnRedis, name: string): Promise<void> {
  const { Queue } = await import('bullmq');
  const queue = new Queue(name, { connection: own.admin, prefix: 'longshore' });
  await queue.add('mail', { to: 'ann' }, { jobId: 'mail-4711' });
  await queue.close();
}

function makeCertificate(): { readonly key: string; readonly certificate: string } {
  const folder = temporaryFolder('certificate');
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key];
  execFileSync('openssl', [...args, '-out', certificate, ...names], { stdio: 'ignore' });
  return { key, certificate };
}
