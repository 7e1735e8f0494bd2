import { ObjectInTheWayError } from '../../drivers/errors.js';
import { failpoint } from '../../failpoint.js';
import { printable } from '../../printable.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { foldersAbove } from '../../watcher/path.js';
import type { ContentClass } from '../content-class.js';
import type { FileContent } from '../source/file-reader.js';
import type { Confirmed, PutWhere } from '../store/object-store.js';
import { UnreadableObjectError } from '../trash/copy-object.js';
import type { Job } from './job.js';
import { type MirrorContext, type Outcome, readEntry, SMALL_FILE } from './mirror-context.js';
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
 * Sends, once what is there is not needed under another name any more. Where a store cannot hold both `a` and `a/b`, the one
 * that is gone is deleted first, by a job of its own name.
 */
export async function upload(
  what: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const may = mayOverwrite(what.job, what.entry, ctx);
  if ('outcome' in may) return may;
  const { neededBy } = may;
  const outcome = await sendWithRoom(
    neededBy === undefined ? what : { ...what, neededBy },
    ctx,
    signal,
  );
  if (outcome.outcome === 'done') await ctx.aside?.over(what.job.name, signal);
  return outcome;
}

async function sendWithRoom(
  what: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await send(what, ctx, signal);
  } catch (error) {
    if (!(error instanceof ObjectInTheWayError)) throw error;
    const room = await askForRoom(what.job, ctx);
    if (room === 'refused') throw error;
    if (room !== 'made') return room;
    failpoint('sync: room made, object not sent');
    return send(what, ctx, signal);
  }
}

/**
 * Asks for the deletes of the objects that are in the way of this one, and waits for them. `made`: there are none (any more).
 * `refused`: they were asked for before and are still there.
 */
async function askForRoom(job: Job, ctx: MirrorContext): Promise<Outcome | 'made' | 'refused'> {
  const others = [...inTheWay(job.name, ctx)];
  const last = others.at(-1);
  if (last === undefined) return 'made';
  if (others.some((name) => ctx.index.get(name)?.guarded === 'delete-held'))
    return { outcome: 'held', change: 'delete' };
  if (last === job.roomAsked) return 'refused';
  await ctx.seeTo(others, job.run, job.since);
  return ctx.waitingJobs.waitFor({ ...job, roomAsked: last }, last, false)
    ? { outcome: 'waits' }
    : 'refused';
}

/** Names whose deletes are asked for at once; more are found when these are gone. */
const AT_ONCE = 500;

function* inTheWay(name: ObjectName, { index }: MirrorContext): Generator<ObjectName, void> {
  for (const folder of foldersAbove(name)) if (index.get(folder) !== undefined) yield folder;
  let left = AT_ONCE;
  for (const [below] of index.entries({ prefix: `${name}/` })) {
    if (left === 0) return;
    left -= 1;
    yield below;
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

/** What comes before the first byte. Resolves with what became of the job when it is not to be sent. */
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
    // Nothing was replaced. Once it is marked, the next attempt does not ask again.
    await permit.giveBack();
    throw error;
  }
  failpoint('sync: marked as sending, nothing sent');
  return undefined;
}

/** Written ahead of what may change the object. Keeps the etag of ours that is there, so that it can still be told from another's. */
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
 * What stands where something is to be sent goes to the trash, if there is one, unless it is the same content. Old content
 * that the provider refuses to give out (an archive) does not keep the new content of a living file from being mirrored.
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
  // Without a listing the container may have anything under a name that is new to us: that costs a request. What is known to
  // us may have been sent since it was listed.
  if (remote === 'absent' && known === undefined) return;
  try {
    await ctx.trash.keep(name, known, md5, signal);
  } catch (error) {
    if (!(error instanceof UnreadableObjectError)) throw error;
    ctx.notInTrash(job, `its old content was replaced and is not in the trash: ${error.message}`);
  }
}

/** Of a name that is new to us the intake has said it: in a first run there is nothing to look up. */
function whereToCopyFrom(
  { name, renamedFrom }: Job,
  entry: LocalEntry,
  { index }: MirrorContext,
): ObjectName | undefined {
  return renamedFrom === undefined && index.get(name) === undefined
    ? undefined
    : formerName(index, name, entry);
}

/** The object under its former name becomes the one under the new: no bytes of ours travel. Undefined: send them after all. */
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
  // It may have been sent anew meanwhile, or be about to be.
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

/** Whether an object is known to be there that can have the file's content. */
function holds(
  record: ObjectRecord | undefined,
  { size, kind }: LocalEntry,
): record is ObjectRecord {
  return record?.state === 'confirmed' && record.size === size && record.kind === kind;
}
