import type { ExpectedContent } from '../../drivers/capabilities.js';
import { failpoint } from '../../failpoint.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { LocalFact, Remote } from '../decide.js';
import { compareDigests, digestsOf } from '../digests.js';
import { digestOfAttributes } from '../file-attributes.js';
import { withVerdict } from '../guard/held-records.js';
import { isRecordedLink } from '../linked-file.js';
import type { FileContent } from '../source/file-reader.js';
import type { Confirmed } from '../store/object-store.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';
import { confirmedRecord, recordOf } from './record-of.js';
import { upload } from './upload.js';

/** What one attempt knows so far. `content` is set once the file has been read. */
export interface Facts {
  readonly local: LocalFact | undefined;
  readonly content: FileContent | undefined;
  readonly remote: Remote;
}

export async function adopt(
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { local, content, remote } = facts;
  const { entry, md5 } = known(local);
  const metadata = await ctx.effects.metadataOf(job.name, entry, known(md5), signal);
  // Without an index, a change of the times or the mode alone was not noticed before.
  if (metadata === 'stale') {
    const replaced = await replaceMetadata(job, facts, ctx, signal);
    const adopted = replaced.outcome === 'done' && replaced.job === 'refresh_metadata';
    return adopted ? { ...replaced, job: 'adopt', why: 'same content, other metadata' } : replaced;
  }
  const { etag, partSize } = typeof remote === 'object' ? remote : {};
  const asFound: Confirmed = {
    md5: known(md5),
    ...(etag === undefined ? {} : { etag }),
    ...(partSize === undefined ? {} : { partSize }),
  };
  // Once only: a provider that refuses the metadata, or drops it, leaves an object that is good enough.
  const given =
    metadata === 'incomplete'
      ? await copyOntoItself(job.name, entry, { md5: known(md5), etag }, ctx, signal)
      : undefined;
  const confirmed = given ?? asFound;
  const record = confirmedRecord(entry, confirmed, known(content), ctx.policy);
  return { outcome: 'done', job: 'adopt', why: 'same content', bytes: 0, entry: { record } };
}

export async function refresh(
  job: Job,
  facts: Facts,
  metadata: boolean,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  if (metadata) return replaceMetadata(job, facts, ctx, signal);
  const { entry } = known(facts.local);
  const record = recordOf(
    entry,
    known(ctx.index.get(job.name)),
    known(facts.content).hashedAtMs,
    'confirmed',
  );
  return {
    outcome: 'done',
    job: 'refresh_metadata',
    why: 'same content',
    bytes: 0,
    entry: { record },
  };
}

async function replaceMetadata(
  job: Job,
  { local, content, remote }: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { entry, md5 } = known(local);
  const expected = {
    md5: known(md5),
    etag: typeof remote === 'object' ? remote.etag : ctx.index.get(job.name)?.etag,
  };
  const confirmed = await copyOntoItself(job.name, entry, expected, ctx, signal);
  // The object is missing, is not what was sent (drift), or the provider cannot change it in place.
  if (!confirmed)
    return upload({ job, entry, read: content, why: 'drift', where: 'anywhere' }, ctx, signal);
  failpoint('sync: metadata replaced, not recorded');
  const record = confirmedRecord(entry, confirmed, known(content), ctx.policy);
  return {
    outcome: 'done',
    job: 'refresh_metadata',
    why: 'metadata',
    bytes: 0,
    entry: { record },
    metadata: true,
  };
}

/** Gives the object the metadata of the mirror's present settings. When that fails, the next reconcile tries again. */
export async function renewMetadata(
  job: Job,
  { local, remote }: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { entry } = known(local);
  const before = known(ctx.index.get(job.name));
  const { metadataEpoch: _, provenAtMs: __, ...others } = before; // the copy is another version, and was not read back
  const epoch = ctx.policy.metadataEpoch ?? 0;
  const md5 = await wholeMd5(entry, before, ctx);
  if (md5 === undefined) return { outcome: 'nothing' };
  const expected = { md5, etag: typeof remote === 'object' ? remote.etag : before.etag };
  const confirmed = await copyOntoItself(job.name, entry, expected, ctx, signal);
  if (!confirmed) return { outcome: 'nothing' };
  failpoint('sync: metadata replaced, not recorded');
  const record = recordOf(
    entry,
    Object.assign({}, others, confirmed, {
      metadataEpoch: epoch,
      hardLink: isRecordedLink(entry, ctx.policy),
      attributesDigest: digestOfAttributes(entry.attributes),
    }),
    before.hashedAtMs,
    'confirmed',
  );
  return {
    outcome: 'done',
    job: 'refresh_metadata',
    why: 'metadata settings',
    bytes: 0,
    entry: { record },
    metadata: true,
  };
}

/**
 * Hex MD5 of the recorded content, with which a copy of its object is compared: of an upload in parts only the file can say it.
 * Undefined when the file has other content.
 */
async function wholeMd5(
  entry: LocalEntry,
  record: ObjectRecord,
  { effects }: MirrorContext,
): Promise<string | undefined> {
  if (record.md5 !== '') return record.md5;
  const recorded = digestsOf(record);
  const content = await effects.read(entry, recorded.md5Parts?.partSize);
  return compareDigests(content, recorded) === true ? content.md5 : undefined;
}

function copyOntoItself(
  name: ObjectName,
  entry: LocalEntry,
  expected: ExpectedContent,
  { effects, drain }: MirrorContext,
  signal: AbortSignal,
): Promise<Confirmed | undefined> {
  drain.throwIfAborted();
  return effects.copy({ from: name, name, entry, expected, where: 'anywhere' }, signal);
}

export function forget(): Outcome {
  return {
    outcome: 'done',
    job: 'forget',
    why: 'neither here nor there',
    bytes: 0,
    entry: { record: undefined },
  };
}

export function release(job: Job, ctx: MirrorContext): Outcome {
  return {
    outcome: 'done',
    job: 'refresh_metadata',
    why: 'the file is back',
    bytes: 0,
    entry: { record: withVerdict(known(ctx.index.get(job.name)), 'nothing') },
  };
}

/** The fact that the decision rests on. Throws when it is missing, which is a bug. */
export function known<T>(fact: T | undefined): T {
  if (fact === undefined) throw new Error('a decision was taken without the fact it rests on');
  return fact;
}
