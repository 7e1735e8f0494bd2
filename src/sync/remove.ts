import { failpoint } from '../failpoint.js';
import type { ObjectRecord } from '../state/object-index.js';
import { isOfOurs } from './decide.js';
import type { Job } from './job.js';
import { mayDelete } from './renames.js';
import { FileChangedError } from './source/file-errors.js';
import type { Outcome, Workplace } from './workplace.js';

/**
 * Deletes an object whose file is gone, once its content is safe where the file is now. The evidence is taken at this very
 * moment: whatever a scan or an event said before is a hint.
 */
export async function remove(job: Job, why: string, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  const withheld = withholding(job, at);
  if (withheld !== undefined) return withheld;
  const known = at.index.get(job.name);
  if (known !== undefined && (await isOthers(known, job, at, signal))) {
    await at.index.remove(job.name);
    return { outcome: 'done', job: 'forget', why: 'it was never sent, and what is there is not ours', bytes: 0 };
  }
  const may = known === undefined ? { moved: false } : await mayDelete(job, known, at);
  if ('outcome' in may) return may;
  const { moved } = may;
  const leave = moved ? undefined : await at.guard.ask('delete', job.name, known);
  if (leave?.granted === false)
    return known && at.index.get(job.name) === undefined ? { outcome: 'nothing' } : { outcome: 'held', change: 'delete' };
  try {
    const removed = await removeGuarded(job, why, moved, at, signal);
    if (removed.outcome !== 'done') await leave?.giveBack();
    return removed;
  } catch (error) {
    await leave?.giveBack();
    throw error;
  }
}

/**
 * A process that was killed between the mark and the first byte has sent nothing, so the object there may be another's.
 * A mark with an ETag is of an object that was ours before; only `overwrite: never` doubts those as well.
 */
async function isOthers(known: ObjectRecord, { name }: Job, { policy, store }: Workplace, signal: AbortSignal): Promise<boolean> {
  if (known.state !== 'sending' || (known.etag !== undefined && policy.overwrite === 'always')) return false;
  const there = await store.head(name, signal);
  return typeof there === 'object' && !isOfOurs(known, there);
}

async function removeGuarded(job: Job, why: string, moved: boolean, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  const kept = at.trash !== undefined && !moved;
  if (kept) {
    await at.trash.keep(job.name, at.index.get(job.name), undefined, signal);
    failpoint('sync: object kept in the trash, not deleted');
  }
  // A large object takes its time to be copied, and asking the guard some, too: its file may be back by now.
  const withheld = withholding(job, at);
  if (withheld !== undefined) return withheld;
  await at.store.remove(job.name, signal);
  failpoint('sync: object deleted, not forgotten');
  await at.index.remove(job.name);
  return { outcome: 'done', job: 'delete', why: kept ? `${why}, kept in the trash` : why, bytes: 0 };
}

/** Why the object may not be deleted now; undefined when it may. Throws FileChangedError when its file is there. */
function withholding({ name }: Job, at: Workplace): Outcome | undefined {
  const look = at.source.lookFor(name);
  if (look.found === 'entry') throw new FileChangedError(at.source.absolute(look.entry.path));
  if (look.found !== 'nothing' && look.found !== 'folder') {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'nobody can tell whether the file is gone' };
  }
  const doubt = at.source.doubt(at.source.pathOf(name));
  if (doubt !== undefined) return { outcome: 'skipped', reason: 'delete-withheld', detail: doubt };
  if (!at.mayDelete()) {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'the first full reconcile has not finished' };
  }
  if (at.index.get(name)?.guarded === 'rejected') {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'its delete was rejected' };
  }
  return undefined;
}
