import { systemClock } from '../../src/clock.js';
import { carryOut } from '../../src/scale/carry-out.js';
import { isKind, readJob } from '../../src/scale/job-form.js';
import { openRemoteEffects } from '../../src/scale/remote-effects.js';
import { batchEffectsSuite } from '../scale/batch-effects-suite.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import { openTestDispatcher, openTestWorker, untilUp } from './redis-fixture.js';

const never = new AbortController().signal;
const isReserved = (name: string) => name.startsWith('.longshore/');

withServers('effects over BullMQ', 'LONGSHORE_REDIS_URL', redisServers(), ({ title }) => {
  batchEffectsSuite(title, async ({ local }) => {
    const own = await startOwnRedis();
    const { dispatcher, names } = await openTestDispatcher(own.config());
    await openTestWorker(own.config(), names, async ({ kind, data }) => {
      const job = readJob(data);
      if (job === undefined || !isKind(kind)) throw new Error('it is no job');
      const order = { kind, payload: job.payload };
      return { worker: 'w', payload: await carryOut(order, { effects: local, isReserved }, never) };
    });
    await untilUp(dispatcher);
    return openRemoteEffects({ dispatcher, clock: systemClock })('documents');
  });
});
