import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import { openJobQueue } from '../../src/scale/bullmq.js';
import { QueueAwayError } from '../../src/scale/dispatcher.js';
import { queueNames } from '../../src/scale/queue-names.js';
import { openRedis } from '../../src/scale/redis.js';
import { putSign } from '../../src/scale/worker-sign.js';
import { onAbort } from '../../src/signal.js';
import { eventually } from '../world/eventually.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import {
  openTestDispatcher,
  openTestWorker,
  signOf,
  uniqueName,
  untilUp,
} from './redis-fixture.js';

const never = new AbortController().signal;
const job = { kind: 'send', mirror: 'documents', payload: 'a' } as const;
const REFUSAL = { worker: 'w', refusal: 'source', detail: 'not mounted', nothingBegun: true };

/** Of a dispatcher that looks into Redis only when an event says so, or the test. */
const WITHOUT_LOOKS: Clock = {
  ...systemClock,
  sleep: (_, signal = never) =>
    new Promise((_, reject) => void onAbort(signal, () => reject(signal.reason))),
};

withServers('jobs taken back', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  /** A dispatcher with a job at a worker, and two that wait, until the worker returns its job and leaves the mirror alone. */
  async function openRefused() {
    const own = await startOwnRedis();
    const opened = await openTestDispatcher(own.config(), { clock: WITHOUT_LOOKS });
    const { dispatcher, names } = opened;
    let refuse = () => {};
    const refused = new Promise<void>((resolve) => {
      refuse = resolve;
    });
    const worker = await openTestWorker(
      own.config(),
      names,
      async () => {
        await refused;
        // As a worker of the product does, before it answers.
        void worker.source.setPaused(true);
        const refusals = [{ mirror: 'documents', why: 'not mounted' }];
        await putSign(worker.redis, names, { ...signOf('worker:1', 1), refusals });
        return REFUSAL;
      },
      { jobs: 1 },
    );
    await untilUp(dispatcher);
    const outcomes = Array.from({ length: 3 }, () =>
      dispatcher.run(job, never).catch((error: unknown) => error),
    );
    await eventually(async () => {
      await dispatcher.look();
      expect(dispatcher.status().jobs).toMatchObject({ waiting: 2, active: 1 });
    });
    return { own, ...opened, refuse, outcomes };
  }

  test('those that wait go back at once, as never begun, when the only worker returns the mirror', async () => {
    const { dispatcher, refuse, outcomes } = await openRefused();
    refuse();
    const [returned, ...waiting] = await Promise.all(outcomes);
    expect(returned).toMatchObject({ refusal: 'source', nothingBegun: true });
    for (const error of waiting) {
      expect(error).toBeInstanceOf(QueueAwayError);
      expect(error).toMatchObject({ nothingBegun: true });
    }
    expect(dispatcher.freePlaces('documents', 'send')).toBe(0);
    await dispatcher.look();
    expect(dispatcher.status()).toMatchObject({
      jobs: { waiting: 0, active: 0 },
      workers: [{ refusals: [{ mirror: 'documents', why: 'not mounted' }] }],
      changedHands: 0,
    });
  });

  test('those that wait are left to another worker that takes them', async () => {
    const { own, names, refuse, outcomes } = await openRefused();
    const done: string[] = [];
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await openTestWorker(
      own.config(),
      names,
      async ({ id }) => {
        await held;
        done.push(id);
        return { worker: 'second', payload: 'A' };
      },
      { jobs: 1, id: 'worker:2' },
    );
    refuse();
    await outcomes[0];
    go();
    const [, ...others] = await Promise.all(outcomes);
    for (const answer of others) expect(answer).toMatchObject({ worker: 'second' });
    expect(done).toHaveLength(2);
  });

  test('one that a worker has, and one that has ended, stay; of one that a silent worker had this is known', async () => {
    const own = await startOwnRedis();
    const redis = await openRedis(own.config(), 'prompt');
    const names = queueNames(uniqueName());
    const name = names.queueOf('documents');
    const queue = await openJobQueue({
      ...{ name, redis, clock: systemClock },
      ended: () => {},
      failed: () => {},
    });
    onTestFinished(async () => {
      await queue.close();
      await redis.close();
    });
    await openTestWorker(
      own.config(),
      names,
      async ({ id }) => (id === 'job-ended' ? { answer: id } : new Promise<never>(() => {})),
      { jobs: 3 },
    );
    for (const id of ['job-ended', 'job-active', 'job-silent']) await queue.add(id, 'send', {});
    await eventually(async () => {
      expect(await queue.outbox()).toHaveLength(1);
      expect(await queue.counts()).toMatchObject({ waiting: 0, active: 2 });
    });
    await queue.setPaused(true);
    // As when its lock has ended.
    const key = `longshore:${name}`;
    await own.admin.lrem(`${key}:active`, 1, 'job-silent');
    await own.admin.rpush(`${key}:wait`, 'job-silent');
    await own.admin.del(`${key}:job-silent:lock`);
    await queue.add('job-waiting', 'send', {});
    const all = ['job-ended', 'job-active', 'job-silent', 'job-waiting', 'job-unknown'];
    expect(await queue.takeBack(all, 'unbegun')).toEqual([{ id: 'job-waiting', wasBegun: false }]);
    expect(await queue.takeBack(all, 'all')).toEqual([{ id: 'job-silent', wasBegun: true }]);
    expect(await queue.forgotten(all)).toEqual(['job-silent', 'job-waiting', 'job-unknown']);
    expect(await queue.outbox()).toMatchObject([
      { id: 'job-ended', answer: { answer: 'job-ended' } },
    ]);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 1 });
  });
});
