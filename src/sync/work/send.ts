import { failpoint } from '../../failpoint.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { SMALL_FILE } from '../plain-upload.js';
import type { FileContent } from '../source/file-reader.js';
import type { PutWhere } from '../store/object-store.js';
import type { PlanParts } from '../store/put-file.js';
import type { MarkedContent } from './books.js';
import type { Job } from './job.js';
import { keepOld } from './keep-old.js';
import { markAsSending } from './mark-as-sending.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';
import { elsewhereFor } from './parts-effects.js';
import { confirmedRecord } from './record-of.js';
import { permitToReplace } from './replace.js';

/** What is to be sent. */
export interface Upload {
  readonly job: Job;
  readonly entry: LocalEntry;
  /** Its content, when it has been read. */
  readonly read: FileContent | undefined;
  readonly why: string;
  readonly where: PutWhere;
  /** The content that is overwritten is that of the file under this name, and not mirrored there yet. */
  readonly neededBy?: ObjectName;
}

/** Sends the file, once the guard, the trash and the mark have let it pass. */
export async function send(
  what: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { job, entry, why, where } = what;
  const content = await contentOf(what, ctx);
  const refused = await prepare(what, content, ctx, signal);
  if (refused) return refused;
  const confirmed = await ctx.effects.send(
    { name: job.name, entry, md5: content.md5, where },
    { bytes: content.bytes, planParts: meteredParts(what, ctx, signal) },
    signal,
  );
  failpoint('sync: object put, not recorded');
  const record = confirmedRecord(entry, confirmed, content, ctx.policy);
  return { outcome: 'done', job: 'upload_object', why, bytes: entry.size, entry: { record } };
}

/** The parts as the books plan them, with how many of them have arrived, and who else can send them. */
function meteredParts({ job, entry }: Upload, ctx: MirrorContext, signal: AbortSignal): PlanParts {
  const planParts = ctx.books.planParts(job.name, entry, signal);
  return async (partSize, md5) => {
    const plan = await planParts(partSize, md5);
    const onPart = ctx.sending(job, entry.size, plan.partSize);
    return { ...plan, onPart, elsewhere: elsewhereFor(ctx.remoteParts, job.name, entry) };
  };
}

/** What the guard, the trash and the mark need to know of the content, and the content itself where it is small. */
async function contentOf(
  { entry, read }: Upload,
  { effects, clock }: MirrorContext,
): Promise<MarkedContent & Pick<FileContent, 'bytes'>> {
  const known = read ?? (effects.reportsMd5(entry) ? await effects.read(entry) : undefined);
  const hashedAtMs = known?.hashedAtMs ?? clock.now();
  if (entry.size > SMALL_FILE) {
    const looks = known?.looks ?? (await effects.look(entry));
    return { md5: known?.md5, looks, hashedAtMs };
  }
  const content = known?.bytes ? known : await effects.read(entry);
  return { ...content, hashedAtMs };
}

/** The steps before the first byte. Resolves with the job's outcome if the file is not to be sent, else undefined. */
async function prepare(
  { job, entry, why, neededBy }: Upload,
  content: MarkedContent,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const permit = await permitToReplace(job, why, content.looks, ctx, signal);
  if ('outcome' in permit) return permit;
  try {
    await keepOld(job, content.md5, neededBy, ctx, signal);
    ctx.drain.throwIfAborted();
    await markAsSending(job.name, entry, content, ctx);
  } catch (error) {
    // Nothing was replaced. After the mark, the next attempt does not ask the guard again.
    await permit.refund();
    throw error;
  }
  failpoint('sync: marked as sending, nothing sent');
  return undefined;
}
