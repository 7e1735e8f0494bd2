import { failpoint } from '../../failpoint.js';
import type { ObjectRecord } from '../../state/object-index.js';
import { isOfOurs } from '../decide.js';
import { FileChangedError } from '../file-errors.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';
import { type MayDelete, mayDelete } from './renames.js';

/**
 * Deletes an object whose file is gone, once its content is safe where the file is now. The evidence is taken at this very
 * moment: whatever a scan or an event said before is a hint.
 */
export async function remove(
  job: Job,
  why: string,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const vetoed = reasonToKeep(job, ctx) ?? ctx.secondLooks?.withholds(job.name);
  if (vetoed !== undefined) return vetoed;
  const known = ctx.index.get(job.name);
  if (known !== undefined && (await isOthers(known, job, ctx, signal))) {
    return {
      outcome: 'done',
      job: 'forget',
      why: 'it was never sent, and what is there is not ours',
      bytes: 0,
      entry: { record: undefined },
    };
  }
  const may: MayDelete | Outcome =
    known === undefined ? { moved: false } : await mayDelete(job, known, ctx);
  if ('outcome' in may) return may;
  const { moved, neededBy } = may;
  // A person has seen a planned delete: it is not asked about again.
  const needsPermit = !moved && job.planned === undefined;
  const permit = needsPermit ? await ctx.guard.ask('delete', job.name, known) : undefined;
  if (permit?.granted === false)
    return known && ctx.index.get(job.name) === undefined
      ? { outcome: 'nothing' }
      : { outcome: 'held', change: 'delete' };
  try {
    if (neededBy !== undefined && known !== undefined && known.kind !== 'folder')
      await ctx.aside?.keep(job.name, neededBy, known.inode, signal);
    const removed = await removeGuarded(job, why, moved, ctx, signal);
    if (removed.outcome !== 'done') await permit?.refund();
    else if (permit) return Object.assign({}, removed, { entry: { record: undefined, permit } });
    return removed;
  } catch (error) {
    await permit?.refund();
    throw error;
  }
}

/**
 * A process that was killed between the mark and the first byte has sent nothing, so the object there may be another's.
 * A mark with an ETag is of an object that was ours before; only `overwrite: never` doubts those as well.
 */
async function isOthers(
  known: ObjectRecord,
  { name }: Job,
  { policy, effects }: MirrorContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (known.state !== 'sending' || (known.etag !== undefined && policy.overwrite === 'always'))
    return false;
  const there = await effects.head(name, signal);
  return typeof there === 'object' && !isOfOurs(known, there);
}

async function removeGuarded(
  job: Job,
  why: string,
  moved: boolean,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const known = ctx.index.get(job.name);
  // A folder's object has no content to keep.
  const kept = ctx.trash !== undefined && !moved && known?.kind !== 'folder';
  if (kept) {
    await ctx.trash.keep(job.name, known, { why: 'deleted' }, signal);
    failpoint('sync: object kept in the trash, not deleted');
  }
  // A large object takes its time to be copied, and asking the guard some, too: its file may be back by now.
  const vetoed = reasonToKeep(job, ctx);
  if (vetoed !== undefined) return vetoed;
  await ctx.effects.remove(job.name, signal);
  failpoint('sync: object deleted, not forgotten');
  return {
    outcome: 'done',
    job: 'delete_object',
    why: kept ? `${why}, kept in the trash` : why,
    bytes: 0,
    entry: { record: undefined },
  };
}

/** Why the object may not be deleted now; undefined when it may. Throws FileChangedError when its file is there. */
function reasonToKeep({ name, planned }: Job, ctx: MirrorContext): Outcome | undefined {
  const look = ctx.source.statPath(name);
  if (look.found === 'entry') throw new FileChangedError(ctx.source.absolute(look.entry.path));
  if (look.found !== 'nothing' && look.found !== 'folder') {
    return {
      outcome: 'skipped',
      reason: 'delete-withheld',
      detail: 'it is not known whether the file is gone',
    };
  }
  const deleteVeto = ctx.source.deleteVeto(ctx.source.pathOf(name));
  if (deleteVeto !== undefined)
    return { outcome: 'skipped', reason: 'delete-withheld', detail: deleteVeto };
  // A plan has deletes only of a mirror whose first reconcile had finished.
  if (planned === undefined && !ctx.mayDelete()) {
    return {
      outcome: 'skipped',
      reason: 'delete-withheld',
      detail: 'the first full reconcile has not finished',
    };
  }
  if (ctx.index.get(name)?.guarded === 'rejected') {
    return { outcome: 'skipped', reason: 'delete-withheld', detail: 'its delete was rejected' };
  }
  return undefined;
}
