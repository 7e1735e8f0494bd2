import { failpoint } from '../failpoint.js';
import type { Call } from './call.js';
import type { PutOutcome } from './capabilities.js';
import { createQuickRun, type QuickRun, type QuickRunOptions } from './quick-run.js';

/** A run whose requests are puts: see createQuickRun. */
export function createPutRun(options: QuickRunOptions, call: Call): QuickRun<PutOutcome> {
  const run = createQuickRun<PutOutcome>(options, call);
  return {
    outcomes: run.outcomes,
    ended(row, outcome) {
      run.ended(row, outcome);
      if ('error' in outcome) return;
      failpoint('puts: one of many stored, the others under way');
    },
  };
}
