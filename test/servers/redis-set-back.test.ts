import { expect, onTestFinished, test } from 'vitest';
import { NEVER_ABORTED } from '../../src/signal.js';
import { eventually } from '../world/eventually.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import { openTestDispatcher, openTestWorker, untilUp } from './redis-fixture.js';

withServers('a Redis that was set back', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  test('an order that a worker carries out again after its answer is reported', async () => {
    const own = await startOwnRedis();
    const again: string[] = [];
    const { dispatcher, names } = await openTestDispatcher(own.config(), {
      doneAgain: (payload) => again.push(payload),
    });
    await untilUp(dispatcher);
    const order = { kind: 'send', mirror: 'documents', payload: 'an order' } as const;
    const answered = dispatcher.run(order, NEVER_ABORTED);
    await eventually(async () => {
      await dispatcher.look();
      expect(dispatcher.status().jobs.waiting).toBe(1);
    });
    own.keep();
    let times = 0;
    await openTestWorker(own.config(), names, async () => {
      times += 1;
      return { worker: 'worker:1', payload: 'done' };
    });
    expect(await answered).toMatchObject({ payload: 'done', changedHands: false });
    await dispatcher.look();
    expect(again).toEqual([]);
    await own.setBack();
    await eventually(() => expect(again).toEqual(['an order']));
    expect(times).toBe(2);
  });

  test('P3 a job that a worker had begun and another one answers counts as changed hands', async () => {
    const { own, dispatcher, names, answered } = await openBegun();
    await own.setBack();
    await openTestWorker(own.config(), names, async () => ({ worker: 'worker:2', payload: 'two' }));
    expect(await answered).toMatchObject({ payload: 'two', changedHands: true });
    expect(dispatcher.status().changedHands).toBe(1);
  });

  test('P3 a job that a worker had begun is not taken back as one that has no worker', async () => {
    const { own, dispatcher, served, answered } = await openBegun();
    await own.setBack();
    await untilUp(dispatcher);
    const refused = expect(answered).rejects.toMatchObject({
      name: 'QueueAwayError',
      nothingBegun: false,
    });
    await served.drain();
    await refused;
  });

  test('a lost connection to the same Redis changes nothing about a job', async () => {
    const { own, dispatcher, answered, answer } = await openBegun();
    await own.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await untilUp(dispatcher);
    answer();
    expect(await answered).toMatchObject({ payload: 'one', changedHands: false });
  });
});

/** A job that Redis was kept with before its first worker, which is at work on it until `answer` is called, had begun it. */
async function openBegun() {
  const own = await startOwnRedis();
  const { dispatcher, served, names } = await openTestDispatcher(own.config());
  await untilUp(dispatcher);
  const order = { kind: 'send', mirror: 'documents', payload: 'an order' } as const;
  const answered = dispatcher.run(order, NEVER_ABORTED);
  await eventually(async () => {
    await dispatcher.look();
    expect(dispatcher.status().jobs.waiting).toBe(1);
  });
  own.keep();
  let answer = () => {};
  let hasBegun = false;
  const work = () =>
    new Promise<object>((resolve) => {
      hasBegun = true;
      answer = () => resolve({ worker: 'worker:1', payload: 'one' });
    });
  await openTestWorker(own.config(), names, work, { jobs: 1 });
  onTestFinished(() => answer());
  await eventually(() => expect(hasBegun).toBe(true));
  return { own, dispatcher, served, names, answered, answer: () => answer() };
}
