import { failpoint } from '../failpoint.js';
import { FileChangedError } from './file-errors.js';
import type { Job } from './job.js';
import type { Outcome, Workplace } from './workplace.js';

/** Deletes an object whose file is gone, once no copy needs it any more. */
export async function remove(job: Job, why: string, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  await at.copiesFrom(job.name);
  return removeNow(job, why, at, signal);
}

/** Deletes at once, on evidence taken at this very moment: whatever a scan or an event said before is a hint. */
export async function removeNow(job: Job, why: string, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  const look = at.source.lookFor(job.name);
  if (look.found === 'entry') throw new FileChangedError(at.source.absolute(look.entry.path));
  if (look.found !== 'nothing' && look.found !== 'folder') {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'nobody can tell whether the file is gone' };
  }
  const doubt = at.source.doubt();
  if (doubt !== undefined) return { outcome: 'skipped', reason: 'delete-withheld', detail: doubt };
  if (!at.mayDelete()) {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'the first full reconcile has not finished' };
  }
  await at.store.remove(job.name, signal);
  failpoint('sync: object deleted, not forgotten');
  await at.index.remove(job.name);
  return { outcome: 'done', job: 'delete', why, bytes: 0 };
}
