import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { Decision } from '../decide.js';
import type { Since } from '../moment.js';
import {
  type BatchedFile,
  type BatchReason,
  packBatch,
  type UploadBatch,
  unpackBatch,
} from '../upload-batch.js';
import { type Job, NO_RUN } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import type { JobQueue } from '../work/queue.js';
import { formerName } from '../work/renames.js';
import type { Whereabouts } from '../work/whereabouts.js';
import { type Admission, countDue, keyOf } from './admission.js';
import { type AdmittedFile, remoteOfJob } from './batch-ledger.js';
import type { BatchRunner } from './batch-runner.js';
import type { Run } from './runs.js';

/**
 * Takes batches into the queue. Each call resolves when the queue has taken the batch, and a job for each of its files that
 * cannot go with it.
 */
export interface BatchAdmission {
  /** What a scan found. */
  enqueue(batch: UploadBatch, run: Run): Promise<void>;
  /** What was found at hinted paths. `since`: when the change of each was first seen. */
  enqueueHinted(batch: UploadBatch, since: (name: ObjectName) => Since): Promise<void>;
}

/** Who found the files of a batch, and counts what is to be done about them. */
interface Finder {
  /** That of the run; NO_RUN where hints found them. */
  readonly run: number;
  /** Whether a file may have been sent under another name before. */
  readonly mayBeRenamed: boolean;
  since(name: ObjectName): Since;
  count(name: ObjectName, bytes: number): void;
  /** Makes a job of a file that cannot go with the others. */
  alone(file: BatchedFile): Promise<void>;
}

export interface BatchAdmissionOptions {
  readonly mirror: string;
  readonly queue: Pick<JobQueue<Job>, 'addBatch' | 'whenNoBatchWaits' | 'has'>;
  readonly admission: Pick<Admission, 'enqueue' | 'add'>;
  readonly runner: BatchRunner;
  readonly index: Pick<ObjectIndex, 'get' | 'namesOfInode'>;
  readonly pending: Pick<Pending, 'add' | 'has'>;
  readonly whereabouts: Pick<Whereabouts, 'sighted'>;
}

export function createBatchAdmission(options: BatchAdmissionOptions): BatchAdmission {
  const { mirror, queue, admission, runner, index, pending, whereabouts } = options;

  /** Whether the name has a job already, or the content may be in the container under a former name of the file. */
  function needsJob({ entry }: BatchedFile, key: string, { mayBeRenamed }: Finder): boolean {
    const { path: name } = entry;
    if (pending.has(name) || queue.has(key)) return true;
    return mayBeRenamed && formerName(index, name, entry) !== undefined;
  }

  function admit({ entry, why, listed }: BatchedFile, key: string, finder: Finder): AdmittedFile {
    const { path: name, inode, size } = entry;
    const since = finder.since(name);
    const isTouched = why === 'touched';
    pending.add(name, since, {
      job: isTouched ? 'refresh_metadata' : 'upload_object',
      bytes: size,
    });
    whereabouts.sighted(name, inode);
    finder.count(name, isTouched ? 0 : size);
    return { entry, why, listed, key, since };
  }

  async function take(batch: UploadBatch, finder: Finder): Promise<void> {
    await queue.whenNoBatchWaits();
    const files = unpackBatch(batch);
    const keys = files.map(({ entry }) => keyOf(mirror, entry.path));
    // All are asked about before the first is admitted: the index may be unreadable.
    const alone = files.map((file, at) => needsJob(file, keys[at] ?? '', finder));
    const others = files.filter((_, at) => alone[at]);
    const members: AdmittedFile[] = [];
    for (const [at, file] of files.entries())
      if (!alone[at]) members.push(admit(file, keys[at] ?? '', finder));
    if (members.length > 0) {
      const packed = others.length === 0 ? batch : packBatch(members);
      await queue.addBatch({
        keys: members.map(({ key }) => key),
        run: async (freeSlot) => void (await runner.run(packed, members, finder.run, freeSlot)),
        dropped: () => runner.dropped(members, finder.run),
      });
    }
    for (const file of others) await finder.alone(file);
  }

  return {
    enqueue: (batch, run) =>
      take(batch, {
        run: run.id,
        mayBeRenamed: !run.first,
        since: run.since,
        count: (name, bytes) => countDue(run, name, bytes),
        alone({ entry, why, listed }) {
          const found = { name: entry.path, local: entry, remote: remoteOfJob(listed) };
          return admission.enqueue({ ...found, decision: decisionOf(why) }, run);
        },
      }),
    enqueueHinted: (batch, since) =>
      take(batch, {
        run: NO_RUN,
        mayBeRenamed: true,
        since,
        count: () => undefined, // hints have no summary
        alone({ entry }) {
          const found = { name: entry.path, local: entry, since: since(entry.path) };
          return admission.add({ ...found, remote: 'unknown', run: NO_RUN, mayBeRenamed: true });
        },
      }),
  };
}

/** What the scan has decided of a file that is in a batch for this reason. */
function decisionOf(why: BatchReason): Decision {
  return why === 'touched' ? { action: 'learn', what: 'local-md5' } : { action: 'upload', why };
}
