import { ObjectInTheWayError } from '../../drivers/errors.js';
import { failpoint } from '../../failpoint.js';
import { printable } from '../../printable.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { ContentClass } from '../content-class.js';
import type { FileContent } from '../source/file-reader.js';
import type { Confirmed, PutWhere } from '../store/object-store.js';
import { UnreadableObjectError } from '../trash/copy-object.js';
import type { Job } from './job.js';
import { type MirrorContext, type Outcome, readEntry, SMALL_FILE } from './mirror-context.js';
import { clearObstacles } from './obstacles.js';
import { recordOf } from './record-of.js';
import { formerName, mayOverwrite } from './renames.js';
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

/**
 * Sends the file as soon as the object that it overwrites is not needed under another name. Where a store cannot hold both
 * `a` and `a/b`, a job of its own first deletes the object whose file is gone.
 */
export async function upload(
  what: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const may = mayOverwrite(what.job, what.entry, ctx);
  if ('outcome' in may) return may;
  const { neededBy } = may;
  const outcome = await sendPastObstacles(
    neededBy === undefined ? what : { ...what, neededBy },
    ctx,
    signal,
  );
  if (outcome.outcome === 'done') await ctx.aside?.over(what.job.name, signal);
  return outcome;
}

async function sendPastObstacles(
  what: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await send(what, ctx, signal);
  } catch (error) {
    if (!(error instanceof ObjectInTheWayError)) throw error;
    const cleared = await clearObstacles(what.job, ctx);
    if (cleared === 'blocked') throw error;
    if (cleared !== 'clear') return cleared;
    failpoint('sync: room made, object not sent');
    return send(what, ctx, signal);
  }
}

async function send(what: Upload, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const { job, entry, read: before, why, where } = what;
  const from = whereToCopyFrom(job, entry, ctx);
  const renamed = from === undefined ? undefined : await copyRenamed(from, what, ctx, signal);
  if (renamed)
    return {
      outcome: 'done',
      job: 'copy_object',
      why: `renamed from ${printable(from ?? '')}`,
      bytes: 0,
      record: renamed,
    };
  const read = before ?? (ctx.store.reportsMd5(entry) ? await readEntry(entry, ctx) : undefined);
  const path = ctx.source.absolute(entry.path);
  const hashedAtMs = read?.hashedAtMs ?? ctx.clock.now();
  let confirmed: Confirmed;
  let looks: ContentClass;
  if (entry.size <= SMALL_FILE) {
    const content = read?.bytes
      ? { ...read, bytes: read.bytes }
      : await ctx.reader.read(path, entry);
    looks = content.looks;
    const refused = await prepare(what, content, ctx, signal);
    if (refused) return refused;
    confirmed = await ctx.store.putBytes(job.name, entry, content, where, signal);
  } else {
    looks = read?.looks ?? (await ctx.reader.look(path, entry));
    const refused = await prepare(what, { md5: read?.md5, looks, hashedAtMs }, ctx, signal);
    if (refused) return refused;
    confirmed = await ctx.store.putFile(job.name, entry, path, read?.md5, where, signal);
  }
  failpoint('sync: object put, not recorded');
  const record = recordOf(
    entry,
    { ...confirmed, looks, metadataEpoch: ctx.policy.metadataEpoch },
    hashedAtMs,
    'confirmed',
  );
  await ctx.index.put(job.name, record);
  failpoint('sync: object recorded, its upload not forgotten');
  if (confirmed.partSize !== undefined) await ctx.uploads.finished(job.name);
  return { outcome: 'done', job: 'upload_object', why, bytes: entry.size, record };
}

/** The steps before the first byte. Resolves with the job's outcome if the file is not to be sent, else undefined. */
async function prepare(
  { job, entry, why, neededBy }: Upload,
  {
    md5,
    looks,
    hashedAtMs,
  }: {
    readonly md5: string | undefined;
    readonly looks: ContentClass;
    readonly hashedAtMs: number;
  },
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const permit = await permitToReplace(job, why, looks, ctx, signal);
  if ('outcome' in permit) return permit;
  try {
    await keepOld(job, md5, neededBy, ctx, signal);
    ctx.drain.throwIfAborted();
    await mark(job.name, entry, { md5: md5 ?? '', looks }, hashedAtMs, ctx);
  } catch (error) {
    // Nothing was replaced. After the mark, the next attempt does not ask the guard again.
    await permit.giveBack();
    throw error;
  }
  failpoint('sync: marked as sending, nothing sent');
  return undefined;
}

/** Records, before the object may change, that it is being sent. Keeps the ETag of our present object, by which it is recognised. */
function mark(
  name: ObjectName,
  entry: LocalEntry,
  content: { readonly md5: string; readonly looks: ContentClass },
  hashedAtMs: number,
  { index }: MirrorContext,
): Promise<void> {
  const etag = index.get(name)?.etag;
  return index.put(
    name,
    recordOf(entry, { ...content, ...(etag === undefined ? {} : { etag }) }, hashedAtMs, 'sending'),
  );
}

/**
 * Copies the object that is about to be overwritten to the trash, if there is one, unless its content is the same. Old
 * content that the provider refuses to read (an archive) does not keep the new content from being mirrored.
 */
async function keepOld(
  job: Job,
  md5: string | undefined,
  neededBy: ObjectName | undefined,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<void> {
  const old = ctx.index.get(job.name);
  if (neededBy !== undefined && old !== undefined)
    await ctx.aside?.keep(job.name, neededBy, old.inode, signal);
  if (ctx.trash === undefined) return;
  const { name, remote } = job;
  const known = ctx.index.get(name);
  // A name without a record may have an object, unless a listing showed none; a name with a record may have been sent since
  // that listing.
  if (remote === 'absent' && known === undefined) return;
  try {
    await ctx.trash.keep(name, known, md5, signal);
  } catch (error) {
    if (!(error instanceof UnreadableObjectError)) throw error;
    ctx.notInTrash(job, `its old content was replaced and is not in the trash: ${error.message}`);
  }
}

/** The name of an object that probably has the content. For a new name the intake has found it; in a first run there is none. */
function whereToCopyFrom(
  { name, renamedFrom }: Job,
  entry: LocalEntry,
  { index }: MirrorContext,
): ObjectName | undefined {
  return renamedFrom === undefined && index.get(name) === undefined
    ? undefined
    : formerName(index, name, entry);
}

/** Copies the object of the file's former name on the server. Resolves with the new record; undefined: the file is to be sent. */
async function copyRenamed(
  from: ObjectName,
  { job, entry, read, where, neededBy }: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<ObjectRecord | undefined> {
  if (!ctx.store.canCopy || !holds(ctx.index.get(from), entry)) return undefined;
  const content = read ?? (await readEntry(entry, ctx));
  if (content.md5 !== ctx.index.get(from)?.md5) return undefined;
  const { looks } = content;
  await keepOld(job, content.md5, neededBy, ctx, signal);
  ctx.drain.throwIfAborted();
  await mark(job.name, entry, { md5: content.md5, looks }, content.hashedAtMs, ctx);
  // A job may have sent the former name again meanwhile, or be about to.
  const source = ctx.index.get(from);
  if (!holds(source, entry) || source.md5 !== content.md5) return undefined;
  const confirmed = await ctx.store.copy(
    from,
    job.name,
    entry,
    { md5: source.md5, etag: source.etag },
    where,
    signal,
  );
  if (!confirmed) return undefined;
  failpoint('sync: object copied, not recorded');
  const record = recordOf(
    entry,
    { ...confirmed, looks, metadataEpoch: ctx.policy.metadataEpoch },
    content.hashedAtMs,
    'confirmed',
  );
  await ctx.index.put(job.name, record);
  return record;
}

/** Whether the record is of an object that can have the file's content. */
function holds(
  record: ObjectRecord | undefined,
  { size, kind }: LocalEntry,
): record is ObjectRecord {
  return record?.state === 'confirmed' && record.size === size && record.kind === kind;
}
