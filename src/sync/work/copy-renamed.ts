import { failpoint } from '../../failpoint.js';
import { printable } from '../../printable.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Job } from './job.js';
import { keepOld } from './keep-old.js';
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
  const { index, effects, books } = ctx;
  const from = whereToCopyFrom(job, entry, ctx);
  if (from === undefined || !effects.canCopy || !holds(index.get(from), entry)) return undefined;
  const content = read ?? (await effects.read(entry));
  if (content.md5 !== index.get(from)?.md5) return undefined;
  await keepOld(job, content.md5, neededBy, ctx, signal);
  ctx.drain.throwIfAborted();
  await books.mark(job.name, entry, content);
  // A job may have sent the former name again meanwhile, or be about to.
  const source = index.get(from);
  if (!holds(source, entry) || source.md5 !== content.md5) return undefined;
  const expected = { md5: source.md5, etag: source.etag };
  const order = { from, name: job.name, entry, expected, where };
  const confirmed = await effects.copy(order, signal);
  if (!confirmed) return undefined;
  failpoint('sync: object copied, not recorded');
  return {
    outcome: 'done',
    job: 'copy_object',
    why: `renamed from ${printable(from)}`,
    bytes: 0,
    entry: { record: confirmedRecord(entry, confirmed, content, ctx.policy) },
  };
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

/** Whether the record is of an object that can have the file's content. */
function holds(
  record: ObjectRecord | undefined,
  { size, kind }: LocalEntry,
): record is ObjectRecord {
  return record?.state === 'confirmed' && record.size === size && record.kind === kind;
}
