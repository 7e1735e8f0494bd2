import type { ObjectIndex } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Decision } from '../decide.js';
import {
  type BatchedFile,
  type BatchReason,
  packBatch,
  type UploadBatch,
  unpackBatch,
} from '../upload-batch.js';
import type { Job } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import type { JobQueue } from '../work/queue.js';
import { formerName } from '../work/renames.js';
import type { Whereabouts } from '../work/whereabouts.js';
import { type Admission, countDue, keyOf } from './admission.js';
import { type AdmittedFile, remoteOfJob } from './batch-ledger.js';
import type { BatchRunner } from './batch-runner.js';
import type { Run } from './runs.js';

/** Takes the batches that a scan finds into the queue. */
export interface BatchAdmission {
  /** Resolves when the queue has taken the batch, and a job for each of its files that cannot go with it. */
  enqueue(batch: UploadBatch, run: Run): Promise<void>;
}

export interface BatchAdmissionOptions {
  readonly mirror: string;
  readonly queue: Pick<JobQueue<Job>, 'addBatch' | 'has'>;
  readonly admission: Pick<Admission, 'enqueue'>;
  readonly runner: BatchRunner;
  readonly index: Pick<ObjectIndex, 'get' | 'namesOfInode'>;
  readonly pending: Pick<Pending, 'add' | 'has'>;
  readonly whereabouts: Pick<Whereabouts, 'sighted'>;
}

export function createBatchAdmission(options: BatchAdmissionOptions): BatchAdmission {
  const { mirror, queue, admission, runner, index, pending, whereabouts } = options;

  /** Whether the name has a job already, or the content may be in the container under a former name of the file. */
  function needsJob({ entry }: BatchedFile, run: Run): boolean {
    const { path: name } = entry;
    if (pending.has(name) || queue.has(keyOf(mirror, name))) return true;
    return !run.first && formerName(index, name, entry) !== undefined;
  }

  function admit(file: BatchedFile, run: Run): AdmittedFile {
    const { path: name, inode, size } = file.entry;
    const since = run.since(name);
    pending.add(name, since);
    whereabouts.sighted(name, inode);
    countDue(run, name, since, file.why === 'touched' ? 0 : size);
    return { since, ...file };
  }

  return {
    async enqueue(batch, run) {
      const files = unpackBatch(batch);
      const others = files.filter((file) => needsJob(file, run));
      const own = new Set<LocalEntry>(others.map(({ entry }) => entry));
      const members = files.filter(({ entry }) => !own.has(entry)).map((file) => admit(file, run));
      if (members.length > 0) {
        const packed = others.length === 0 ? batch : packBatch(members);
        await queue.addBatch({
          keys: members.map(({ entry }) => keyOf(mirror, entry.path)),
          run: async () => void (await runner.run(packed, members, run.id)),
          dropped: () => runner.dropped(members, run.id),
        });
      }
      for (const { entry, why, listed } of others) {
        const remote = remoteOfJob(listed);
        const decision = decisionOf(why);
        await admission.enqueue({ name: entry.path, local: entry, remote, decision }, run);
      }
    },
  };
}

/** What the scan has decided of a file that is in a batch for this reason. */
function decisionOf(why: BatchReason): Decision {
  return why === 'touched' ? { action: 'learn', what: 'local-md5' } : { action: 'upload', why };
}
