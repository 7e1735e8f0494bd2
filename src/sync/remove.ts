import { failpoint } from '../failpoint.js';
import type { ObjectName } from '../state/object-index.js';
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
  const withheld = withholding(job, at);
  if (withheld !== undefined) return withheld;
  const kept = at.trash !== undefined && !livesOn(job.name, at);
  if (kept) {
    await at.trash.keep(job.name, at.index.get(job.name), undefined, signal);
    failpoint('sync: object kept in the trash, not deleted');
    // A large object takes its time to be copied, and its file may be back by now.
    const withheldSince = withholding(job, at);
    if (withheldSince !== undefined) return withheldSince;
  }
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
  const doubt = at.source.doubt();
  if (doubt !== undefined) return { outcome: 'skipped', reason: 'delete-withheld', detail: doubt };
  if (!at.mayDelete()) {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'the first full reconcile has not finished' };
  }
  return undefined;
}

/** Whether the file is still there under another name, and its content in the container under that name: it was renamed. */
function livesOn(name: ObjectName, { index, source }: Workplace): boolean {
  const record = index.get(name);
  if (record === undefined) return false;
  return index.namesOfInode(record.inode).some((other) => {
    const twin = other === name ? undefined : index.get(other);
    // On the disk as well, or else the last two names of a file, deleted at once, would each rely on the other.
    return twin?.state === 'confirmed' && twin.md5 === record.md5 && source.lookFor(other).found === 'entry';
  });
}
