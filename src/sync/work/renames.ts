import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { PathStats } from '../source/source-view.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';
import { OVERWRITE_PATIENCE_MS } from './whereabouts.js';

/** The name of an object that probably has this file's content (same inode, size and mtime). The copy compares digests. */
export function formerName(
  index: Pick<ObjectIndex, 'get' | 'namesOfInode'>,
  name: ObjectName,
  entry: LocalEntry,
): ObjectName | undefined {
  return index
    .namesOfInode(entry.inode)
    .find((other) => other !== name && isSameFile(index.get(other), entry));
}

/** The ctime is not compared: renaming moves it. */
function isSameFile(record: ObjectRecord | undefined, entry: LocalEntry): boolean {
  return (
    record?.state === 'confirmed' &&
    record.inode === entry.inode &&
    record.size === entry.size &&
    record.mtimeNs === entry.mtimeNs &&
    record.kind === entry.kind
  );
}

export interface MayDelete {
  /** The content is confirmed under another name, so that nothing is lost. */
  readonly moved: boolean;
  /** The file under this name waits for the delete, and its content is nowhere else: it is set aside first. */
  readonly neededBy?: ObjectName;
}

/**
 * Asks whether the object may be deleted as far as its file's other names go: see Whereabouts.
 * Otherwise what becomes of the job.
 */
export async function mayDelete(
  job: Job,
  known: ObjectRecord,
  at: MirrorContext,
): Promise<MayDelete | Outcome> {
  if (job.asOfMs === undefined) await afterAnnouncements();
  return mayDeleteNow(job, known, job.asOfMs ?? at.clock.monotonic(), at);
}

/** What the kernel has announced by now is known to the watcher two turns later. */
export async function afterAnnouncements(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await nextTurn();
}

/** The same at once, for a name that was found to have lost its file at `asOfMs`. `stats`: see Whereabouts.find. */
export function mayDeleteNow(
  job: Job,
  known: ObjectRecord,
  asOfMs: number,
  { whereabouts, waitingJobs }: Pick<MirrorContext, 'whereabouts' | 'waitingJobs'>,
  stats?: Pick<PathStats, 'statPath'>,
): MayDelete | Outcome {
  const { name } = job;
  const found = whereabouts.find(name, known, asOfMs, job.run, stats);
  switch (found.state) {
    case 'confirmed':
      return { moved: found.sameContent };
    case 'nowhere':
      return { moved: false };
    case 'unseen':
      if (waitingJobs.waitForScans({ ...job, asOfMs }, Number.POSITIVE_INFINITY)) return WAITS;
      return kept('its file may be found elsewhere by a scan that is due');
    case 'pending':
      if (waitingJobs.comesDownTo(found.name, name)) return { moved: false, neededBy: found.name };
      if (waitingJobs.waitFor(job, found.name, found.settling)) return WAITS;
      return kept(`its file is ${found.name} now, which is not mirrored yet`);
    case 'not-mirrored': {
      if (found.name === '') return kept(found.why);
      const resumes = whereabouts.keep(name, found.name);
      return kept(`its file is ${found.name} now, which cannot be mirrored: ${found.why}`, resumes);
    }
  }
}

/**
 * Asks the same before the file `entry` takes the place of another one. `neededBy`: it may, although the content is still to be
 * mirrored under that name.
 */
export function mayOverwrite(
  job: Job,
  { inode }: LocalEntry,
  at: MirrorContext,
): { readonly neededBy: ObjectName | undefined } | Outcome {
  const { whereabouts, waitingJobs, clock } = at;
  const known = at.index.get(job.name);
  // Also where the upload was never confirmed: the object may be there, and have the content of the file that was moved.
  if (known === undefined || known.inode === inode) return UNNEEDED;
  const asOfMs = job.asOfMs ?? clock.monotonic();
  const untilMs = asOfMs + OVERWRITE_PATIENCE_MS;
  const found = whereabouts.find(job.name, known, asOfMs, job.run);
  if (found.state === 'unseen') {
    return clock.monotonic() < untilMs && waitingJobs.waitForScans({ ...job, asOfMs }, untilMs)
      ? WAITS
      : UNNEEDED;
  }
  if (found.state !== 'pending') return UNNEEDED;
  const needed = { neededBy: found.name };
  if (!whereabouts.isFirstAttempt(found.name) && clock.monotonic() >= untilMs) return needed;
  if (waitingJobs.comesDownTo(found.name, job.name)) return needed;
  return waitingJobs.waitFor({ ...job, asOfMs }, found.name, found.settling) ? WAITS : needed;
}

const UNNEEDED = { neededBy: undefined };
const WAITS: Outcome = { outcome: 'waits' };

function kept(detail: string, resumes = false): Outcome {
  return { outcome: 'skipped', reason: 'delete-withheld', detail, ...(resumes && { resumes }) };
}
