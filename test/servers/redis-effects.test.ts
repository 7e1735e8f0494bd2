import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import type { TakenJob } from '../../src/scale/bullmq.js';
import { carryOut } from '../../src/scale/carry-out.js';
import { type QueuedJob, readJob } from '../../src/scale/job-form.js';
import { openRemoteEffects } from '../../src/scale/remote-effects.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';
import type { BatchEffects } from '../../src/sync/work/batch-effects.js';
import { batchEffectsSuite } from '../scale/batch-effects-suite.js';
import type { EffectsFixture } from '../scale/effects-fixture.js';
import { redisServers, withServers } from './environment.js';
import { startOwnRedis } from './own-redis.js';
import { openTestDispatcher, openTestWorker, untilUp } from './redis-fixture.js';

const WORKER = 'worker:1';

withServers('effects of workers', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  batchEffectsSuite('effects of a worker, over BullMQ', openOverRedis);
});

/** A worker that carries out what `local` can. What hangs in it ends with the test. */
async function openOverRedis({ local }: EffectsFixture): Promise<BatchEffects> {
  const own = await startOwnRedis();
  const { dispatcher, names } = await openTestDispatcher(own.config());
  const ending = new AbortController();

  async function work(taken: TakenJob): Promise<object> {
    const { payload } = readJob(taken.data) as QueuedJob;
    const context = { effects: local, isReserved: () => false };
    const answer = await carryOut({ kind: 'send', payload }, context, ending.signal);
    return { worker: WORKER, payload: answer };
  }

  await openTestWorker(own.config(), names, work, { id: WORKER });
  onTestFinished(() => ending.abort(new Error('the test ends')));
  await untilUp(dispatcher);
  return openRemoteEffects({
    dispatcher,
    clock: systemClock,
    answers: countWorkerAnswers(silentLogger),
  })('documents');
}
