import type { Clock } from '../../clock.js';
import type { OnPart } from '../../drivers/resumed-upload.js';
import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { Policy } from '../decide.js';
import type { Guard } from '../guard/guard.js';
import type { Since } from '../moment.js';
import type { SourceView } from '../source/source-view.js';
import type { Books } from './books.js';
import type { Effects } from './effects.js';
import type { Job } from './job.js';
import type { LinkedSends } from './linked-sends.js';
import type { RemotePartsEffects } from './parts-effects.js';
import type { RacyFiles } from './racy-files.js';
import type { RemoteRoot } from './remote-root.js';
import type { SecondLooks } from './second-looks.js';
import type { WaitingJobs } from './waiting-jobs.js';
import type { Whereabouts } from './whereabouts.js';

/** What a job works with. Its only ways to change anything are the effects, the mark, the guard, the trash and copies set aside. */
export interface MirrorContext extends Pick<RemoteRoot, 'trash' | 'aside'> {
  readonly source: SourceView;
  /** Read only: `Books.record` writes. */
  readonly index: Pick<ObjectIndex, 'get' | 'entries' | 'namesOfInode'>;
  readonly effects: Effects;
  readonly books: Omit<Books, 'record'>;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly guard: Pick<Guard, 'ask'>;
  /** False while nothing may be deleted: the mirror's first reconcile has not finished, or its source is in doubt. */
  mayDelete(): boolean;
  /** Whether the run makes a plan: outcomes then say what they rest on. */
  readonly makesPlan: boolean;
  /** Aborted when nothing new is to be begun any more; what is only being found out is dropped then. */
  readonly drain: AbortSignal;
  readonly whereabouts: Whereabouts;
  readonly waitingJobs: WaitingJobs;
  readonly linkedSends: LinkedSends;
  readonly racyFiles: Pick<RacyFiles, 'hashedAtMs'>;
  /** Missing: no other process works for the mirror. */
  readonly secondLooks?: Pick<SecondLooks, 'withholds'> | undefined;
  /** Sends parts of large files in other processes; missing: none works for the mirror. */
  readonly remoteParts?: RemotePartsEffects | undefined;
  /** Makes jobs of these names, which are not known to have files, for the same run. */
  seeTo(names: Iterable<ObjectName>, run: number, since: Since): Promise<void>;
  /** The job begins to send its file in parts. What this returns is to be called with each part that has arrived. */
  sending(job: Job, size: number, partSize: number): OnPart;
  /** The old content of the job's object is about to be replaced, and could not be kept in the trash. */
  notInTrash(job: Job, why: string): void;
  /** The object of the job is about to be described, and has not all attributes of its file. */
  attributesSkipped(job: Job, why: string): void;
}
