import type { BatchEffects } from '../sync/work/batch-effects.js';
import type { PartsEffects } from '../sync/work/parts-effects.js';

/** Objects that the provider confirmed, and bytes of them and of parts. */
export interface Confirmed {
  objects: number;
  bytes: number;
}

/** The same effects, whose confirmed objects are counted. */
export function countingFiles(effects: BatchEffects, confirmed: Confirmed): BatchEffects {
  return {
    async send(order, mark, signal) {
      const answer = await effects.send(order, mark, signal);
      for (const file of answer.files) {
        if (file.state !== 'sent') continue;
        confirmed.objects += 1;
        confirmed.bytes += file.entry.size;
      }
      return answer;
    },
  };
}

/** The same effects, whose confirmed bytes are counted. The objects that they are parts of are the daemon's. */
export function countingParts(effects: PartsEffects, confirmed: Confirmed): PartsEffects {
  return {
    async send(order, signal) {
      const parts = await effects.send(order, signal);
      for (const part of parts) if (part?.receipt !== undefined) confirmed.bytes += part.size;
      return parts;
    },
  };
}
