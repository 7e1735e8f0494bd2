import type { Condition } from '../../condition.js';
import { NEVER_ABORTED } from '../../signal.js';
import type { GatheredKeys } from './gathered-keys.js';
import type { JobKeys } from './job-keys.js';
import type { Lanes } from './lanes.js';

interface Batch {
  readonly keys: readonly string[];
  dropped(): void;
}

export interface DropsOptions<J extends { readonly key: string }, B extends Batch> {
  readonly keys: JobKeys<J>;
  readonly lanes: Pick<Lanes, 'clear'>;
  readonly gathered: Pick<GatheredKeys, 'clear'>;
  readonly waitingBatches: Set<B>;
  /** Called for each job that will never run. */
  readonly dropped: (job: J) => void;
  /** Notified when a key does not run any more. */
  readonly ended: Pick<Condition, 'wait'>;
}

/** How a queue drops what waits in it: see JobQueue. */
export function openDrops<J extends { readonly key: string }, B extends Batch>({
  keys,
  lanes,
  gathered,
  waitingBatches,
  dropped,
  ended,
}: DropsOptions<J, B>) {
  function drop(jobs: readonly J[], batches: readonly B[]): void {
    for (const batch of batches) waitingBatches.delete(batch);
    for (const batch of batches) batch.keys.forEach(keys.end);
    for (const job of jobs) dropped(job);
    for (const batch of batches) batch.dropped();
  }

  return {
    clear(): void {
      lanes.clear();
      gathered.clear();
      drop(keys.clear(), [...waitingBatches]);
    },
    /** What lanes and groups still have of these keys finds no job any more. */
    async leave(isOne: (key: string) => boolean): Promise<void> {
      for (;;) {
        const batches = [...waitingBatches].filter((batch) => batch.keys.some(isOne));
        drop(keys.clearSome(isOne), batches); // deletes that ran together may wait again
        if (!keys.anyRuns(isOne)) return;
        await ended.wait(NEVER_ABORTED);
      }
    },
  };
}
