import type { RemoteReadBack } from '../sync/proof/batch-read-back.js';
import type { Dispatcher } from './dispatcher.js';
import { packReadBackOrder, unpackReadBackAnswer } from './read-back-columns.js';

/**
 * Has a mirror's objects read back by the workers of a dispatcher. `readBack` rejects with QueueAwayError and JobRefusedError, and
 * with DamagedColumnsError for an answer that cannot be one to its order. A job that changed hands has read twice, and written
 * nothing.
 */
export function openRemoteReadBack(dispatcher: Dispatcher, mirror: string): RemoteReadBack {
  return {
    takes: () => dispatcher.freePlaces(mirror, 'verify') > 0,
    async readBack(objects, signal) {
      const payload = packReadBackOrder(objects);
      const answer = await dispatcher.run({ kind: 'verify', mirror, payload }, signal);
      return unpackReadBackAnswer(answer.payload, payload, objects.length);
    },
  };
}
