import { ObjectInTheWayError } from '../drivers/errors.js';
import { failpoint } from '../failpoint.js';
import { printable } from '../log/printable.js';
import type { ObjectName, ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import { foldersAbove } from '../watcher/path.js';
import { leaveToReplace } from './guard/replace.js';
import type { Job } from './job.js';
import { recordOf } from './record-of.js';
import { formerName, mayOverwrite } from './renames.js';
import type { ContentLook } from './source/content-look.js';
import type { FileContent } from './source/file-reader.js';
import type { Confirmed, PutWhere } from './store/object-store.js';
import { UnreadableObjectError } from './trash/copy-object.js';
import { type Outcome, readEntry, SMALL_FILE, type Workplace } from './workplace.js';

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
export async function upload(what: Upload, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  const may = mayOverwrite(what.job, what.entry, at);
  if ('outcome' in may) return may;
  const { neededBy } = may;
  const outcome = await sendWithRoom(neededBy === undefined ? what : { ...what, neededBy }, at, signal);
  if (outcome.outcome === 'done') await at.aside?.over(what.job.name, signal);
  return outcome;
}

async function sendWithRoom(what: Upload, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  try {
    return await send(what, at, signal);
  } catch (error) {
    if (!(error instanceof ObjectInTheWayError)) throw error;
    const room = await askForRoom(what.job, at);
    if (room === 'refused') throw error;
    if (room !== 'made') return room;
    failpoint('sync: room made, object not sent');
    return send(what, at, signal);
  }
}

/**
 * Asks for the deletes of the objects that are in the way of this one, and waits for them. `made`: there are none (any more).
 * `refused`: they were asked for before and are still there.
 */
async function askForRoom(job: Job, at: Workplace): Promise<Outcome | 'made' | 'refused'> {
  const others = [...inTheWay(job.name, at)];
  const last = others.at(-1);
  if (last === undefined) return 'made';
  if (others.some((name) => at.index.get(name)?.guarded === 'delete-held')) return { outcome: 'held', change: 'delete' };
  if (last === job.roomAsked) return 'refused';
  await at.seeTo(others, job.run, job.since);
  return at.waitingJobs.waitFor({ ...job, roomAsked: last }, last, false) ? { outcome: 'waits' } : 'refused';
}

/** Names whose deletes are asked for at once; more are found when these are gone. */
const AT_ONCE = 500;

function* inTheWay(name: ObjectName, { index }: Workplace): Generator<ObjectName, void> {
  for (const folder of foldersAbove(name)) if (index.get(folder) !== undefined) yield folder;
  let left = AT_ONCE;
  for (const [below] of index.entries({ prefix: `${name}/` })) {
    if (left === 0) return;
    left -= 1;
    yield below;
  }
}

async function send(what: Upload, at: Workplace, signal: AbortSignal): Promise<Outcome> {
  const { job, entry, read: before, why, where } = what;
  const from = whereToCopyFrom(job, entry, at);
  const renamed = from === undefined ? undefined : await copyRenamed(from, what, at, signal);
  if (renamed) return { outcome: 'done', job: 'copy', why: `renamed from ${printable(from ?? '')}`, bytes: 0, record: renamed };
  const read = before ?? (at.store.tellsMd5(entry) ? await readEntry(entry, at) : undefined);
  const path = at.source.absolute(entry.path);
  const hashedAtMs = read?.hashedAtMs ?? at.clock.now();
  let confirmed: Confirmed;
  let looks: ContentLook;
  if (entry.size <= SMALL_FILE) {
    const content = read?.bytes ? { ...read, bytes: read.bytes } : await at.reader.read(path, entry);
    looks = content.looks;
    const refused = await prepare(what, content, at, signal);
    if (refused) return refused;
    confirmed = await at.store.putBytes(job.name, entry, content, where, signal);
  } else {
    looks = read?.looks ?? (await at.reader.look(path, entry));
    const refused = await prepare(what, { md5: read?.md5, looks, hashedAtMs }, at, signal);
    if (refused) return refused;
    confirmed = await at.store.putFile(job.name, entry, path, read?.md5, where, signal);
  }
  failpoint('sync: object put, not recorded');
  const record = recordOf(entry, { ...confirmed, looks, metadataEpoch: at.policy.metadataEpoch }, hashedAtMs, 'confirmed');
  await at.index.put(job.name, record);
  failpoint('sync: object recorded, its upload not forgotten');
  if (confirmed.partSize !== undefined) await at.uploads.finished(job.name);
  return { outcome: 'done', job: 'upload', why, bytes: entry.size, record };
}

/** What comes before the first byte. Resolves with what became of the job when it is not to be sent. */
async function prepare(
  { job, entry, why, neededBy }: Upload,
  { md5, looks, hashedAtMs }: { readonly md5: string | undefined; readonly looks: ContentLook; readonly hashedAtMs: number },
  at: Workplace,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const leave = await leaveToReplace(job, why, looks, at, signal);
  if ('outcome' in leave) return leave;
  try {
    await keepOld(job, md5, neededBy, at, signal);
    at.drain.throwIfAborted();
    await mark(job.name, entry, { md5: md5 ?? '', looks }, hashedAtMs, at);
  } catch (error) {
    // Nothing was replaced. Once it is marked, the next attempt does not ask again.
    await leave.giveBack();
    throw error;
  }
  failpoint('sync: marked as sending, nothing sent');
  return undefined;
}

/** Written ahead of what may change the object. Keeps the etag of ours that is there, so that it can still be told from another's. */
function mark(
  name: ObjectName,
  entry: LocalEntry,
  content: { readonly md5: string; readonly looks: ContentLook },
  hashedAtMs: number,
  { index }: Workplace,
): Promise<void> {
  const etag = index.get(name)?.etag;
  return index.put(name, recordOf(entry, { ...content, ...(etag === undefined ? {} : { etag }) }, hashedAtMs, 'sending'));
}

/**
 * What stands where something is to be sent goes to the trash, if there is one, unless it is the same content. Old content
 * that the provider refuses to give out (an archive) does not keep the new content of a living file from being mirrored.
 */
async function keepOld(
  job: Job,
  md5: string | undefined,
  neededBy: ObjectName | undefined,
  at: Workplace,
  signal: AbortSignal,
): Promise<void> {
  const old = at.index.get(job.name);
  if (neededBy !== undefined && old !== undefined) await at.aside?.keep(job.name, neededBy, old.inode, signal);
  if (at.trash === undefined) return;
  const { name, remote } = job;
  const known = at.index.get(name);
  // Without a listing the container may have anything under a name that is new to us: that costs a request. What is known to
  // us may have been sent since it was listed.
  if (remote === 'absent' && known === undefined) return;
  try {
    await at.trash.keep(name, known, md5, signal);
  } catch (error) {
    if (!(error instanceof UnreadableObjectError)) throw error;
    at.notInTrash(job, `its old content was replaced and is not in the trash: ${error.message}`);
  }
}

/** Of a name that is new to us the intake has said it: in a first run there is nothing to look up. */
function whereToCopyFrom({ name, renamedFrom }: Job, entry: LocalEntry, { index }: Workplace): ObjectName | undefined {
  return renamedFrom === undefined && index.get(name) === undefined ? undefined : formerName(index, name, entry);
}

/** The object under its former name becomes the one under the new: no bytes of ours travel. Undefined: send them after all. */
async function copyRenamed(
  from: ObjectName,
  { job, entry, read, where, neededBy }: Upload,
  at: Workplace,
  signal: AbortSignal,
): Promise<ObjectRecord | undefined> {
  if (!at.store.canCopy || !holds(at.index.get(from), entry)) return undefined;
  const content = read ?? (await readEntry(entry, at));
  if (content.md5 !== at.index.get(from)?.md5) return undefined;
  const { looks } = content;
  await keepOld(job, content.md5, neededBy, at, signal);
  at.drain.throwIfAborted();
  await mark(job.name, entry, { md5: content.md5, looks }, content.hashedAtMs, at);
  // It may have been sent anew meanwhile, or be about to be.
  const source = at.index.get(from);
  if (!holds(source, entry) || source.md5 !== content.md5) return undefined;
  const confirmed = await at.store.copy(from, job.name, entry, { md5: source.md5, etag: source.etag }, where, signal);
  if (!confirmed) return undefined;
  failpoint('sync: object copied, not recorded');
  const record = recordOf(entry, { ...confirmed, looks, metadataEpoch: at.policy.metadataEpoch }, content.hashedAtMs, 'confirmed');
  await at.index.put(job.name, record);
  return record;
}

/** Whether an object is known to be there that can have the file's content. */
function holds(record: ObjectRecord | undefined, { size, kind }: LocalEntry): record is ObjectRecord {
  return record?.state === 'confirmed' && record.size === size && record.kind === kind;
}
