import type { RunReport } from '../state/ledger.js';

/** Objects that a run did not find as they should be, whatever became of them. Pure. */
export function differencesIn(
  report: Pick<RunReport, 'uploaded' | 'copied' | 'deleted' | 'adopted' | 'failed' | 'held'>,
): number {
  const { uploaded, copied, deleted, adopted, failed, held } = report;
  return uploaded + copied + deleted + adopted + failed + held;
}
