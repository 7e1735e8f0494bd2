import { ObjectInTheWayError } from '../../drivers/errors.js';
import { failpoint } from '../../failpoint.js';
import { isRecordedLink } from '../linked-file.js';
import { copyRenamed } from './copy-renamed.js';
import type { MirrorContext } from './mirror-context.js';
import { clearObstacles } from './obstacles.js';
import type { Outcome } from './outcome.js';
import { mayOverwrite } from './renames.js';
import { send, type Upload } from './send.js';

/**
 * Sends the file as soon as the object that it overwrites is not needed under another name. Where a store cannot hold both
 * `a` and `a/b`, a job of its own first deletes the object whose file is gone.
 */
export async function upload(
  what: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  // What a folder's object had is nothing that another name could need.
  const may =
    what.entry.kind === 'folder'
      ? { neededBy: undefined }
      : mayOverwrite(what.job, what.entry, ctx);
  if ('outcome' in may) return may;
  const { neededBy } = may;
  const known = neededBy === undefined ? what : { ...what, neededBy };
  try {
    return await copyOrSend(known, ctx, signal);
  } catch (error) {
    if (!(error instanceof ObjectInTheWayError)) throw error;
    const cleared = await clearObstacles(what.job, ctx);
    if (cleared === 'blocked') throw error;
    if (cleared !== 'clear') return cleared;
    failpoint('sync: room made, object not sent');
    return copyOrSend(known, ctx, signal);
  }
}

async function copyOrSend(what: Upload, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const copied = await copyRenamed(what, ctx, signal);
  if (copied !== undefined) return copied;
  const { job, entry } = what;
  if (!isRecordedLink(entry, ctx.policy) || !ctx.effects.canCopy) return send(what, ctx, signal);
  const linked = await ctx.linkedSends.alone(entry.inode, job.name, () => send(what, ctx, signal));
  if ('sent' in linked) return linked.sent;
  // Its object is copied once that one is confirmed.
  if (ctx.waitingJobs.waitFor(job, linked.sentAs, false)) return { outcome: 'waits' };
  return send(what, ctx, signal);
}
