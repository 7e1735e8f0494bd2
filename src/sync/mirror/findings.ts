import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import { momentNow } from '../moment.js';
import { isRacy } from '../same-stat.js';
import type { SourceView } from '../source/source-view.js';
import { createRacyFiles, type RacyFiles } from '../work/racy-files.js';
import { createWaitingJobs, hintingOthers, type WaitingJobs } from '../work/waiting-jobs.js';
import { createWhereabouts, type Whereabouts } from '../work/whereabouts.js';
import { type Admission, createAdmission } from './admission.js';
import { createDependents, type Dependents } from './dependents.js';
import { type LinkedIntake, withHardLinks } from './hard-links.js';
import { createIntake } from './intake.js';
import type { MirrorBooks } from './mirror-books.js';
import type { MirrorParts } from './mirror-parts.js';

/** How what is found at names of a mirror becomes jobs, and which jobs wait for one another. */
export interface Findings {
  readonly whereabouts: Whereabouts;
  readonly waitingJobs: WaitingJobs;
  readonly racyFiles: RacyFiles;
  readonly admission: Admission;
  readonly dependents: Dependents;
  readonly intake: LinkedIntake;
  /** Stats these files once more, soon, if they may have changed unseen while these records of them were made. */
  hintRacy(records: readonly (readonly [ObjectName, ObjectRecord])[]): void;
}

/** After this the file system's clock has ticked: a file that was written to meanwhile has another ctime. */
const RACY_MS = 250;

export function openFindings(
  parts: Pick<MirrorParts, 'settings' | 'queue' | 'index' | 'clock' | 'drain'>,
  books: Pick<MirrorBooks, 'pending' | 'runs' | 'scansDue' | 'missed'>,
  source: SourceView,
): Findings {
  const { settings, queue, index, clock, drain } = parts;
  const { pending, runs, scansDue, missed } = books;
  const mirror = settings.name;
  const whereabouts = createWhereabouts({ index, source, pending, scansDue });
  const waiting = createWaitingJobs({
    pending,
    scansDue,
    requeue: queue.putBack,
    clock,
    signal: drain,
  });
  const admission = createAdmission({ mirror, queue, index, source, whereabouts, pending, runs });
  const dependents = createDependents({
    whereabouts,
    waitingJobs: waiting,
    admission,
    missed,
    clock,
    drain,
  });
  const { policy } = settings;
  const racyFiles = createRacyFiles();
  const intake = withHardLinks(
    createIntake({ admission, index, source, policy, whereabouts, dependents, pending }),
    index,
    source,
    clock,
  );

  /** When the mirror is stopped, the index may be closed already; the next start scans anyway. */
  function hint(name: ObjectName, since = momentNow(clock)): void {
    if (!drain.aborted) intake.hint(source.pathOf(name), since).catch(missed.miss);
  }

  return {
    whereabouts,
    racyFiles,
    waitingJobs: hintingOthers(waiting, pending, hint),
    admission,
    dependents,
    intake,
    hintRacy(records) {
      const racy = records.filter(([, record]) => isRacy(record));
      if (racy.length === 0) return;
      const since = momentNow(clock);
      for (const [name, { ctimeNs }] of racy) racyFiles.seen(name, ctimeNs, since.monotonicMs);
      clock.after(RACY_MS, () => {
        for (const [name] of racy) hint(name, since);
      });
    },
  };
}
