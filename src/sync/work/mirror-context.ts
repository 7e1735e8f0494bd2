import type { Clock } from '../../clock.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Policy } from '../decide.js';
import type { JobKind, SkipReason } from '../events.js';
import type { Guard } from '../guard/guard.js';
import type { Change } from '../guard-rule.js';
import type { Since } from '../moment.js';
import type { FileContent, FileReader } from '../source/file-reader.js';
import type { SourceView } from '../source/source-view.js';
import type { Job } from './job.js';
import type { RemoteRoot } from './remote-root.js';
import type { WaitingJobs } from './waiting-jobs.js';
import type { Whereabouts } from './whereabouts.js';

/** Files up to this are read once into memory: hashed, sent with their digest, and forgotten. Bytes. */
export const SMALL_FILE = 1024 * 1024;

export type Outcome =
  | {
      readonly outcome: 'done';
      readonly job: JobKind;
      readonly why: string;
      readonly bytes: number;
      readonly record?: ObjectRecord;
      /** The object was given other metadata, and no other content. */
      readonly metadata?: true;
    }
  | { readonly outcome: 'nothing' }
  /** Not over: the job is kept until something else has been seen to (see WaitingJobs), and then runs again. */
  | { readonly outcome: 'waits' }
  /** The guard gave no permit; a person decides. */
  | { readonly outcome: 'held'; readonly change: Change }
  /** `resumes`: another job runs for this name when what is in its way is over. */
  | {
      readonly outcome: 'skipped';
      readonly reason: SkipReason;
      readonly detail: string;
      readonly resumes?: boolean;
    };

export interface MirrorContext extends RemoteRoot {
  readonly source: SourceView;
  readonly index: ObjectIndex;
  readonly reader: Omit<FileReader, 'close'>;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly guard: Pick<Guard, 'ask'>;
  /** False while nothing may be deleted: the mirror's first reconcile has not finished, or its source is in doubt. */
  mayDelete(): boolean;
  /** Aborted when nothing new is to be begun any more; what is only being found out is dropped then. */
  readonly drain: AbortSignal;
  readonly whereabouts: Whereabouts;
  readonly waitingJobs: WaitingJobs;
  /** Makes jobs of these names, which are not known to have files, for the same run. */
  seeTo(names: Iterable<ObjectName>, run: number, since: Since): Promise<void>;
  /** The old content of the job's object is about to be replaced, and could not be kept in the trash. */
  notInTrash(job: Job, why: string): void;
}

/** The file's content and digest when it is small; of a large one the digest alone. */
export function readEntry(
  entry: LocalEntry,
  { reader, source, drain }: MirrorContext,
): Promise<FileContent> {
  const path = source.absolute(entry.path);
  return entry.size <= SMALL_FILE ? reader.read(path, entry) : reader.hash(path, entry, drain);
}
