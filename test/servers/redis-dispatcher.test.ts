import type { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { TakenJob } from '../../src/scale/bullmq.js';
import { type QueuedJob, readJob } from '../../src/scale/job-form.js';
import { putSign, removeSign } from '../../src/scale/worker-sign.js';
import { type DispatcherFixture, dispatcherSuite, type Fault } from '../scale/dispatcher-suite.js';
import { eventually } from '../world/eventually.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import { openTestDispatcher, openTestWorker, signOf, untilUp } from './redis-fixture.js';

const WORKER = 'worker:1';

withServers('a dispatcher over BullMQ', 'LONGSHORE_REDIS_URL', redisServers(), ({ title }) => {
  dispatcherSuite(title, openFixture);
});

/** On a Redis of its own, since it is emptied. */
async function openFixture(): Promise<DispatcherFixture> {
  const own = await startOwnRedis();
  const { dispatcher, names, redis } = await openTestDispatcher(own.config());
  const faults: Fault[] = [];
  const held = createHeld();
  const times = new Map<string, number>();

  async function work(taken: TakenJob): Promise<object> {
    const { payload } = readJob(taken.data) as QueuedJob;
    times.set(payload, (times.get(payload) ?? 0) + 1);
    const fault = faults.shift();
    if (typeof fault === 'object') return { worker: WORKER, ...fault.refused };
    if (fault === 'changed-hands') void loseLock(own.admin, taken.id);
    if (fault !== undefined) await held.wait();
    return { worker: WORKER, payload: payload.toUpperCase() };
  }

  await openTestWorker(own.config(), names, work, { id: WORKER });
  await untilUp(dispatcher);
  return {
    dispatcher,
    begun: (payload) => times.get(payload) ?? 0,
    fail: (fault) => void faults.push(fault),
    async poll() {
      await eventually(() => {
        if (held.count() === 0) throw new Error('the job is not begun');
      });
      await own.admin.flushall();
      await putSign(redis, names, signOf(WORKER, 8));
      await dispatcher.look();
    },
    async thaw() {
      await eventually(() => {
        if (held.count() === 0) throw new Error('nothing is held');
      });
      held.release();
    },
    async withoutWorkers() {
      await removeSign(redis, names, WORKER);
      await dispatcher.look();
    },
  };
}

/** As that of a frozen worker, whose time is over. */
async function loseLock(admin: Redis, id: string): Promise<void> {
  const [lock] = await admin.keys(`*:${id}:lock`);
  if (lock !== undefined) await admin.del(lock);
}

function createHeld() {
  const waiting: (() => void)[] = [];
  const release = () => {
    for (const go of waiting.splice(0)) go();
  };
  onTestFinished(release);
  return {
    count: () => waiting.length,
    wait: () => new Promise<void>((go) => waiting.push(go)),
    release,
  };
}
