import type { RemoteReadBack } from '../sync/proof/batch-read-back.js';
import { believe } from './believe.js';
import type { Dispatcher } from './dispatcher.js';
import { packReadBackOrder, unpackReadBackAnswer } from './read-back-columns.js';
import type { WorkerAnswers } from './worker-answers.js';

/**
 * Has a mirror's objects read back by the workers of a dispatcher. `readBack` rejects with QueueAwayError and JobRefusedError, and
 * with DamagedColumnsError for an answer that cannot be one to its order. A job that changed hands has read twice, and written
 * nothing.
 */
export function openRemoteReadBack(
  dispatcher: Dispatcher,
  mirror: string,
  answers: Pick<WorkerAnswers, 'refused'>,
): RemoteReadBack {
  return {
    takes: () => dispatcher.freePlaces(mirror, 'verify') > 0,
    async readBack(objects, signal) {
      const payload = packReadBackOrder(objects);
      const job = { kind: 'verify', mirror, payload } as const;
      const answer = await dispatcher.run(job, signal);
      return believe(job, answer, answers, (packed) =>
        unpackReadBackAnswer(packed, payload, objects.length),
      );
    },
  };
}
