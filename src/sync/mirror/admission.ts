import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Decision, Remote } from '../decide.js';
import type { Damage } from '../decide-healing.js';
import type { Planned } from '../evidence.js';
import type { Since } from '../moment.js';
import { SMALL_FILE } from '../plain-upload.js';
import type { SourceView } from '../source/source-view.js';
import type { Job } from '../work/job.js';
import type { Lane } from '../work/lanes.js';
import type { DueWork, Pending } from '../work/pending.js';
import { plainEntry, plainRemote } from '../work/plain-facts.js';
import type { JobQueue } from '../work/queue.js';
import { formerName } from '../work/renames.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { Run, Runs } from './runs.js';

/** The queue's key for an object of a mirror. */
export function keyOf(mirror: string, name: ObjectName): string {
  return `${mirror}\0${name}`;
}

/** Whether a key is one of a mirror's. */
export function ownsKey(mirror: string): (key: string) => boolean {
  const start = keyOf(mirror, '');
  return (key) => key.startsWith(start);
}

/** Counts work on an object for the run that found it. `bytes`: that are sent. */
export function countDue(run: Run, name: ObjectName, bytes = 0): void {
  run.awaited.add(name);
  run.work.jobsDue += 1;
  run.work.bytesDue += bytes;
}

/** Something that a scan found to be due. */
export interface DueObject {
  readonly name: ObjectName;
  readonly local: LocalEntry | undefined;
  /** See Job. */
  readonly remote: Remote | 'ask';
  readonly decision: Decision;
  /** Of a delete: see Job. */
  readonly asOfMs?: number;
  /** See Job. */
  readonly planned?: Planned;
}

/** Makes jobs of names. Each call resolves when the queue has taken its jobs: a caller that is faster than the queue waits. */
export interface Admission {
  /** A job for what a scan found, counted for its run. */
  enqueue(object: DueObject, run: Run): Promise<void>;
  /** Jobs of this run for names that are not known to have a file. */
  seeTo(names: Iterable<ObjectName>, run: number, since: Since): Promise<void>;
  add(job: NewJob): Promise<void>;
}

export interface NewJob {
  readonly name: ObjectName;
  readonly local: LocalEntry | undefined;
  readonly remote: Remote | 'ask';
  readonly run: number;
  /** Whether the content may be in the container under a former name of the file. */
  readonly mayBeRenamed: boolean;
  readonly since: Since;
  /** See Job. */
  readonly asOfMs?: number | undefined;
  readonly planned?: Planned | undefined;
  /** See Job. */
  readonly damage?: Damage;
}

export interface AdmissionOptions {
  readonly mirror: string;
  readonly queue: Pick<JobQueue<Job>, 'add'>;
  readonly index: ObjectIndex;
  readonly source: Pick<SourceView, 'pathOf'>;
  readonly whereabouts: Pick<Whereabouts, 'sighted'>;
  readonly pending: Pick<Pending, 'add'>;
  readonly runs: Pick<Runs, 'get'>;
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { mirror, queue, index, source, whereabouts, pending, runs } = options;

  async function add(job: NewJob): Promise<void> {
    const { name, local, remote, run, mayBeRenamed, since, asOfMs, planned, damage } = job;
    const renamedFrom = mayBeRenamed && local ? formerName(index, name, local) : undefined;
    if (local) whereabouts.sighted(name, local.inode);
    pending.add(name, since, dueOf(local, renamedFrom));
    await queue.add({
      key: keyOf(mirror, name),
      lane: laneOf(local),
      mirror,
      name,
      run,
      since,
      attempt: 1,
      remote: remote === 'ask' ? remote : plainRemote(remote),
      listedIn: run,
      ...(local ? { seen: plainEntry(local) } : {}),
      ...(renamedFrom === undefined ? {} : { renamedFrom }),
      ...(asOfMs === undefined ? {} : { asOfMs }),
      ...(planned === undefined ? {} : { planned }),
      ...(damage === undefined ? {} : { damage }),
    });
  }

  return {
    add,
    async enqueue({ name, local, remote, decision, asOfMs, planned }, run) {
      const since = run.since(source.pathOf(name));
      countDue(run, name, decision.action === 'upload' ? local?.size : 0);
      const mayBeRenamed = mayBeSent(decision) && !run.first;
      await add({ name, local, remote, run: run.id, mayBeRenamed, since, asOfMs, planned });
    },
    async seeTo(names, run, since) {
      for (const name of names) {
        const known = runs.get(run);
        if (known !== undefined) countDue(known, name);
        const local = undefined;
        await add({ name, local, remote: 'unknown', run, mayBeRenamed: false, since });
      }
    },
  };
}

/** Whether it may come to sending, so that an object with this content is worth looking for. */
export function mayBeSent({ action }: Decision): boolean {
  return action === 'upload' || action === 'learn';
}

/** What the job will probably do. */
function dueOf(local: LocalEntry | undefined, renamedFrom: ObjectName | undefined): DueWork {
  if (!local) return { job: 'delete_object', bytes: 0 };
  return { job: renamedFrom === undefined ? 'upload_object' : 'copy_object', bytes: local.size };
}

function laneOf(local: LocalEntry | undefined): Lane {
  if (!local) return 'delete';
  return local.size > SMALL_FILE ? 'large' : 'small';
}
