import type { ObjectName } from '../../state/object-index.js';
import { UnreadableObjectError } from '../trash/copy-object.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';

/**
 * Copies the object that is about to be overwritten to the trash, if there is one, unless its content is the same (`md5`,
 * hex, where it is known). Old content that the provider refuses to read (an archive) does not keep the new content from
 * being mirrored. `neededBy`: the file of the old content is under this name, so a copy is set aside.
 */
export async function keepOld(
  job: Job,
  md5: string | undefined,
  neededBy: ObjectName | undefined,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<void> {
  const old = ctx.index.get(job.name);
  if (old?.kind === 'folder') return; // it has no content
  if (neededBy !== undefined && old !== undefined)
    await ctx.aside?.keep(job.name, neededBy, old.inode, signal);
  if (ctx.trash === undefined) return;
  const { name, remote } = job;
  const known = ctx.index.get(name);
  // A name without a record may have an object, unless a listing showed none; a name with a record may have been sent since
  // that listing.
  if (remote === 'absent' && known === undefined) return;
  try {
    if (job.damage?.keep) await ctx.trash.keepUnproven(name, signal);
    else await ctx.trash.keep(name, known, { why: 'overwritten', md5 }, signal);
  } catch (error) {
    if (!(error instanceof UnreadableObjectError)) throw error;
    ctx.notInTrash(job, `its old content was replaced and is not in the trash: ${error.message}`);
  }
}
