import { failpoint } from '../../failpoint.js';
import { printable } from '../../printable.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { compareDigests, digestsOf, recordedParts } from '../digests.js';
import { isRecordedLink } from '../linked-file.js';
import { isRacy, sameStat } from '../same-stat.js';
import type { FileContent } from '../source/file-reader.js';
import type { Job } from './job.js';
import { keepOld } from './keep-old.js';
import { markAsSending } from './mark-as-sending.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';
import { confirmedRecord } from './record-of.js';
import { formerName } from './renames.js';
import type { Upload } from './send.js';

/** Copies the object of the file's former name on the server. Undefined: the file is to be sent. */
export async function copyRenamed(
  { job, entry, read, where, neededBy }: Upload,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { index, effects } = ctx;
  if (entry.kind === 'folder') return undefined; // it costs no more to send
  const from = whereToCopyFrom(job, entry, ctx);
  if (from === undefined || !effects.canCopy || !holds(index.get(from), entry)) return undefined;
  const isLink = isRecordedLink(entry, ctx.policy);
  const content = await contentFor(from, entry, read, ctx);
  if (!isOfContent(index.get(from), content)) return undefined;
  await keepOld(job, content.md5, neededBy, ctx, signal);
  ctx.drain.throwIfAborted();
  await markAsSending(job.name, entry, content, ctx);
  // A job may have sent the former name again meanwhile, or be about to.
  const source = index.get(from);
  if (!holds(source, entry) || !isOfContent(source, content)) return undefined;
  const expected = { md5: content.md5, etag: source.etag };
  const order = { from, name: job.name, entry, expected, where };
  const confirmed = await effects.copy(order, signal);
  if (!confirmed) return undefined;
  failpoint('sync: object copied, not recorded');
  return {
    outcome: 'done',
    job: 'copy_object',
    why: `${isLink ? 'linked to' : 'renamed from'} ${printable(from)}`,
    bytes: 0,
    entry: {
      record: confirmedRecord(
        entry,
        { ...recordedParts(content.md5Parts), ...confirmed },
        content,
        ctx.policy,
      ),
    },
  };
}

/** What is known of the file's content once it was hashed as the object `from` was. */
async function contentFor(
  from: ObjectName,
  entry: LocalEntry,
  read: FileContent | undefined,
  { index, effects }: MirrorContext,
): Promise<FileContent> {
  const record = index.get(from);
  // The very file, under another name, and not written to since then.
  if (record !== undefined && record.md5 !== '' && sameStat(entry, record) && !isRacy(record))
    return contentOf(record);
  const recorded = record === undefined ? {} : digestsOf(record);
  return read !== undefined && compareDigests(read, recorded) !== undefined
    ? read
    : effects.read(entry, recorded.md5Parts?.partSize);
}

function contentOf(record: ObjectRecord): FileContent {
  const { md5, hashedAtMs, looks = 'ordinary' } = record;
  const { md5Parts } = digestsOf(record);
  return { md5, hashedAtMs, looks, ...(md5Parts !== undefined && { md5Parts }) };
}

function isOfContent(record: ObjectRecord | undefined, content: FileContent): boolean {
  return record !== undefined && compareDigests(content, digestsOf(record)) === true;
}

/** The name of an object that probably has the content. For a new name the intake has found it; in a first run there is none. */
function whereToCopyFrom(
  { name, renamedFrom }: Job,
  entry: LocalEntry,
  { index, policy }: MirrorContext,
): ObjectName | undefined {
  const isNew = renamedFrom === undefined && index.get(name) === undefined;
  return isNew && !isRecordedLink(entry, policy) ? undefined : formerName(index, name, entry);
}

/** Whether the record is of an object that can have the file's content. */
function holds(
  record: ObjectRecord | undefined,
  { size, kind }: LocalEntry,
): record is ObjectRecord {
  return record?.state === 'confirmed' && record.size === size && record.kind === kind;
}
