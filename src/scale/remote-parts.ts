import type { RemotePartsEffects } from '../sync/work/parts-effects.js';
import { believe } from './believe.js';
import type { Dispatcher } from './dispatcher.js';
import { packPartsOrder, unpackPartsAnswer } from './parts-columns.js';
import type { WorkerAnswers } from './worker-answers.js';

/**
 * Has parts of a mirror's large files sent by the workers of a dispatcher. `send` rejects with QueueAwayError and
 * JobRefusedError, and with DamagedColumnsError for an answer that cannot be one to its order. A job that changed hands may
 * still be under way: see Multipart.severalSenders.
 */
export function openRemoteParts(
  dispatcher: Dispatcher,
  mirror: string,
  answers: Pick<WorkerAnswers, 'refused'>,
): RemotePartsEffects {
  return {
    takes: () => dispatcher.freePlaces(mirror, 'parts') > 0,
    async send(order, signal) {
      const payload = packPartsOrder(order);
      const job = { kind: 'parts', mirror, payload } as const;
      const answer = await dispatcher.run(job, signal);
      const parts = believe(job, answer, answers, (packed) =>
        unpackPartsAnswer(packed, payload, order),
      );
      return {
        parts,
        refute(numbers) {
          const { worker } = answer;
          answers.refused(
            { mirror, kind: 'parts', worker },
            `the provider does not list ${numbers.length} of the parts as it says, such as part ${numbers[0]}`,
          );
        },
      };
    },
  };
}
