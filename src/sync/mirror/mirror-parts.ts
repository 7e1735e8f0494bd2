import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { PartsThreads } from '../../drivers/parts-threads.js';
import type { Lease } from '../../lease/lease.js';
import type { Logger } from '../../log.js';
import type { Ledger } from '../../state/ledger.js';
import type { IndexLocation, ObjectIndex } from '../../state/object-index.js';
import type { UnderWay } from '../../state/under-way.js';
import type { SyncObserver } from '../events.js';
import type { Guard } from '../guard/guard.js';
import type { MirrorSettings } from '../mirror-settings.js';
import type { RemoteReadBack } from '../proof/batch-read-back.js';
import type { FileReader } from '../source/file-reader.js';
import type { Persistence } from '../work/attempt-parts.js';
import type { RemoteBatchEffects } from '../work/batch-effects.js';
import type { Job } from '../work/job.js';
import type { RemotePartsEffects } from '../work/parts-effects.js';
import type { PausedWork } from '../work/paused-work.js';
import type { JobQueue } from '../work/queue.js';
import type { TargetHealth } from '../work/target-health.js';

export interface Verifying {
  /** Reads no faster than the settings of the mirror's `verify` say. */
  readonly backend: Backend;
  /** Resolves when so many bytes may be read at this pace by another process; what `backend` reads counts by itself. */
  readonly draw: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** When the target last throttled, on the monotonic clock; undefined: it has not. */
  readonly throttledAtMs: () => number | undefined;
}

/** What a mirror is made of, and shares with others. */
export interface MirrorParts {
  readonly settings: MirrorSettings;
  /** Changes nothing but while the lease is held. */
  readonly backend: Backend;
  readonly lease: Lease;
  /** For the scrub; undefined: the mirror has none. */
  readonly verifying: Verifying | undefined;
  /** Why the target looks as if it never held anything; see DriverKind. Missing: the driver cannot find out. */
  readonly blankTarget?: () => string | undefined;
  /** The guard's: see Guard. */
  readonly index: ObjectIndex;
  readonly guard: Guard;
  /** Carries batches out in other processes; undefined: none works for the mirror. */
  readonly remote?: RemoteBatchEffects | undefined;
  /** Reads objects back in other processes; undefined: none does for the mirror. */
  readonly remoteReadBack?: RemoteReadBack | undefined;
  /** Sends parts of large files in other processes; undefined: none does for the mirror. */
  readonly remoteParts?: RemotePartsEffects | undefined;
  /** Of this and of earlier processes of the mirror; undefined: none ever had anything carried out elsewhere. */
  readonly underWay?: UnderWay | undefined;
  readonly location: IndexLocation;
  readonly ledger: Ledger;
  readonly reader: FileReader;
  /** Read files that go in parts. */
  readonly partsThreads: PartsThreads;
  readonly queue: JobQueue<Job>;
  /** Undefined: the mirror cannot be paused. Else `queue` is its queue. */
  readonly paused?: PausedWork<Job> | undefined;
  readonly health: TargetHealth;
  readonly persistence: Persistence;
  /** True in a daemon: files that may have changed unseen while they were sent are looked at once more, soon. */
  readonly statAgain: boolean;
  /**
   * Whether the source is walked once more before a run's deletes, for files that moved behind the first walk. False in a
   * dry run: its deletes reach no container, and what it plans is not recorded, so a second walk would plan it twice.
   */
  readonly walksTwice: boolean;
  /** False: each object has a job of its own. */
  readonly batches: boolean;
  /** Events say what each action rests on. Only in a dry run. */
  readonly makesPlan: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly observe: SyncObserver;
  /** Aborted: nothing new is begun, failed jobs are not tried again. */
  readonly drain: AbortSignal;
  /** Aborted: what runs is dropped. */
  readonly interrupt: AbortSignal;
}
