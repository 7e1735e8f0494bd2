import type { ObjectName } from '../../state/object-index.js';
import type { Policy } from '../decide.js';
import type { Since } from '../moment.js';
import type { Finding } from '../scan/compare.js';
import { createUploadPacker } from '../scan/pack-uploads.js';
import type { FoundBatch } from '../scan/scan-items.js';
import { BATCH_FILES } from '../upload-batch.js';
import { NO_RUN } from '../work/job.js';
import { type Admission, mayBeSent } from './admission.js';
import type { BatchAdmission } from './batch-admission.js';

/**
 * Collects new and changed files that hints found, as a scan does, and gives them to the queue: many plain ones as a batch,
 * all others as jobs. Each call resolves when the queue has taken what was to be given out.
 */
export interface HintPacker {
  /** `since`: when the change was first seen. */
  add(finding: Finding, since: Since): Promise<void>;
  /** Gives out what was collected. */
  flush(): Promise<void>;
}

export function packHints(
  batches: Pick<BatchAdmission, 'enqueueHinted'>,
  admission: Pick<Admission, 'add'>,
  policy: Policy,
): HintPacker {
  const packer = createUploadPacker(policy, BATCH_FILES);
  const seen = new Map<ObjectName, Since>();
  const sinceOf = (name: ObjectName): Since => seen.get(name) ?? null;

  async function give(items: readonly (Finding | FoundBatch)[]): Promise<void> {
    for (const item of items) {
      if (item.kind === 'uploads') await batches.enqueueHinted(item.batch, sinceOf);
      else {
        const { name, local, remote, decision } = item;
        const found = { name, local, remote, since: sinceOf(name) };
        await admission.add({ ...found, run: NO_RUN, mayBeRenamed: mayBeSent(decision) });
      }
    }
  }

  return {
    add(finding, since) {
      seen.set(finding.name, since);
      return give(packer.add(finding));
    },
    flush: () => give(packer.flush()),
  };
}
