import { expect, test } from 'vitest';
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
});
