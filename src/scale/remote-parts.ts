import type { RemotePartsEffects } from '../sync/work/parts-effects.js';
import type { Dispatcher } from './dispatcher.js';
import { packPartsOrder, unpackPartsAnswer } from './parts-columns.js';

/**
 * Has parts of a mirror's large files sent by the workers of a dispatcher. `send` rejects with QueueAwayError and
 * JobRefusedError, and with DamagedColumnsError for an answer that cannot be one to its order. A job that changed hands may
 * still be under way: see Multipart.severalSenders.
 */
export function openRemoteParts(dispatcher: Dispatcher, mirror: string): RemotePartsEffects {
  return {
    takes: () => dispatcher.freePlaces(mirror, 'parts') > 0,
    async send(order, signal) {
      const payload = packPartsOrder(order);
      const answer = await dispatcher.run({ kind: 'parts', mirror, payload }, signal);
      return unpackPartsAnswer(answer.payload, payload, order);
    },
  };
}
