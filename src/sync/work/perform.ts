import type { ExpectedContent } from '../../drivers/capabilities.js';
import { failpoint } from '../../failpoint.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { type Decision, decide, type LocalFact, type Remote } from '../decide.js';
import { withVerdict } from '../guard/held-records.js';
import { REPORTED } from '../reported.js';
import type { FileContent } from '../source/file-reader.js';
import type { Confirmed } from '../store/object-store.js';
import type { Job } from './job.js';
import { type MirrorContext, type Outcome, readEntry } from './mirror-context.js';
import { recordOf } from './record-of.js';
import { remove } from './remove.js';
import { upload } from './send.js';

/** The facts of one attempt, as far as they are known. `content` is there once the file has been read. */
interface Facts {
  readonly local: LocalFact | undefined;
  readonly content: FileContent | undefined;
  readonly remote: Remote;
}

/**
 * Sees to one object: looks, decides, acts. Rejects when an attempt failed (then nothing wrong was recorded and the
 * job can be tried again); with FileChangedError when the file would not hold still. What is found out before the decision
 * ends with `at.drain`, what is done after it with `signal`.
 */
export async function perform(job: Job, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const outcome = await attempt(job, ctx, signal);
  // What was begun to be sent for it before is not what became of it.
  if (outcome.outcome === 'done' && !ctx.uploads.isIdle(job.name)) {
    await ctx.uploads.abandon([job.name]);
    await ctx.orphans.abort(signal, job.name);
  }
  return outcome;
}

async function attempt(job: Job, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const looked = statPath(job, ctx);
  if ('outcome' in looked) return looked;
  if (looked.entry) ctx.whereabouts.sighted(job.name, looked.entry.inode);
  let asked = job.remote === 'ask' || ctx.store.mayBeLarger(job.remote, looked.entry);
  const remote =
    asked || job.remote === 'ask' ? await ctx.store.head(job.name, ctx.drain) : job.remote;
  let facts: Facts = { local: looked.entry && { entry: looked.entry }, content: undefined, remote };
  // decide asks for each fact once at the most, so this ends.
  for (;;) {
    ctx.drain.throwIfAborted();
    const decision = decide(facts.local, ctx.index.get(job.name), facts.remote, ctx.policy);
    if (decision.action === 'learn') facts = await learn(decision.what, job, facts, ctx);
    else if (decision.action !== 'forget' || asked) return act(decision, job, facts, ctx, signal);
    else {
      // The object may have been sent since the container was listed, and without its record nobody would ever delete it.
      facts = { ...facts, remote: await ctx.store.head(job.name, ctx.drain) };
      asked = true;
    }
  }
}

function statPath(
  job: Job,
  { source }: MirrorContext,
): { readonly entry: LocalEntry | undefined } | Outcome {
  if (job.seen) return { entry: job.seen };
  const look = source.statPath(job.name);
  switch (look.found) {
    case 'entry':
      return { entry: look.entry };
    case 'folder':
    case 'nothing':
      return { entry: undefined };
    case 'excluded':
      return { outcome: 'nothing' };
    case 'unknown':
      return { outcome: 'skipped', reason: look.reason, detail: look.detail };
  }
}

async function learn(
  what: Extract<Decision, { action: 'learn' }>['what'],
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
): Promise<Facts> {
  if (what === 'remote') return { ...facts, remote: await ctx.store.head(job.name, ctx.drain) };
  const { entry } = known(facts.local);
  if (what === 'remote-md5') {
    const hashedAtMs = ctx.clock.now();
    const path = ctx.source.absolute(entry.path);
    const { remote, localMd5: md5 } = await ctx.store.inspect(job.name, entry, path, ctx.drain);
    if (md5 === undefined) return { ...facts, remote };
    return {
      remote,
      local: { entry, md5 },
      content: { md5, hashedAtMs, looks: await ctx.reader.look(path, entry) },
    };
  }
  const content = await readEntry(entry, ctx);
  return { ...facts, local: { entry, md5: content.md5 }, content };
}

function act(
  decision: Exclude<Decision, { action: 'learn' }>,
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  switch (decision.action) {
    case 'nothing':
      return Promise.resolve({ outcome: 'nothing' });
    case 'upload': {
      const replaced =
        decision.why === 'new' ? undefined : ctx.source.replaced(ctx.source.pathOf(job.name));
      if (replaced !== undefined)
        return Promise.resolve({
          outcome: 'skipped',
          reason: 'overwrite-refused',
          detail: replaced,
        });
      const where =
        ctx.policy.overwrite === 'never' && facts.remote === 'absent' ? 'absent' : 'anywhere';
      return upload(
        { job, entry: known(facts.local).entry, read: facts.content, why: decision.why, where },
        ctx,
        signal,
      );
    }
    case 'adopt':
      return adopt(job, facts, ctx, signal);
    case 'refresh':
      return refresh(job, facts, decision.metadata, ctx, signal);
    case 'renew-metadata':
      return renewMetadata(job, facts, ctx, signal);
    case 'delete':
      return remove(job, decision.why, ctx, signal);
    case 'forget':
      return forget(job, ctx);
    case 'release':
      return release(job, ctx);
    case 'report':
      return report(decision.what, job, ctx);
  }
}

async function adopt(
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { local, content, remote } = facts;
  const { entry, md5 } = known(local);
  const metadata = await ctx.store.metadataOf(job.name, entry, known(md5), signal);
  // The index that would have known of a change of times or modes alone is gone.
  if (metadata === 'stale') {
    const replaced = await replaceMetadata(job, facts, ctx, signal);
    const adopted = replaced.outcome === 'done' && replaced.job === 'refresh_metadata';
    return adopted ? { ...replaced, job: 'adopt', why: 'same content, other metadata' } : replaced;
  }
  const { etag, partSize } = typeof remote === 'object' ? remote : {};
  const { hashedAtMs, looks } = known(content);
  const asFound: Confirmed = {
    md5: known(md5),
    ...(etag === undefined ? {} : { etag }),
    ...(partSize === undefined ? {} : { partSize }),
  };
  // Once: where the provider refuses it, or drops what it is given, the object is as good without.
  const given =
    metadata === 'incomplete'
      ? await copyOntoItself(job.name, entry, { md5: known(md5), etag }, ctx, signal)
      : undefined;
  const confirmed = given ?? asFound;
  const record = recordOf(
    entry,
    { ...confirmed, looks, metadataEpoch: ctx.policy.metadataEpoch },
    hashedAtMs,
    'confirmed',
  );
  await ctx.index.put(job.name, record);
  return { outcome: 'done', job: 'adopt', why: 'same content', bytes: 0, record };
}

async function refresh(
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
  await ctx.index.put(job.name, record);
  return { outcome: 'done', job: 'refresh_metadata', why: 'same content', bytes: 0, record };
}

async function replaceMetadata(
  job: Job,
  { local, content, remote }: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { entry, md5 } = known(local);
  const { hashedAtMs, looks } = known(content);
  const expected = {
    md5: known(md5),
    etag: typeof remote === 'object' ? remote.etag : ctx.index.get(job.name)?.etag,
  };
  const confirmed = await copyOntoItself(job.name, entry, expected, ctx, signal);
  // The object is not there, is not what we sent (drift that nobody had noticed), or the provider cannot change it in place.
  if (!confirmed)
    return upload({ job, entry, read: content, why: 'drift', where: 'anywhere' }, ctx, signal);
  failpoint('sync: metadata replaced, not recorded');
  const record = recordOf(
    entry,
    { ...confirmed, looks, metadataEpoch: ctx.policy.metadataEpoch },
    hashedAtMs,
    'confirmed',
  );
  await ctx.index.put(job.name, record);
  return {
    outcome: 'done',
    job: 'refresh_metadata',
    why: 'metadata',
    bytes: 0,
    record,
    metadata: true,
  };
}

/** Gives the object the metadata that the mirror's settings ask for now. Of one that cannot have them now the next reconcile tries it again. */
async function renewMetadata(
  job: Job,
  { local, remote }: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { entry } = known(local);
  const before = known(ctx.index.get(job.name));
  const { metadataEpoch: _, ...others } = before;
  const epoch = ctx.policy.metadataEpoch ?? 0;
  const expected = {
    md5: before.md5,
    etag: typeof remote === 'object' ? remote.etag : before.etag,
  };
  const confirmed = await copyOntoItself(job.name, entry, expected, ctx, signal);
  if (!confirmed) return { outcome: 'nothing' };
  failpoint('sync: metadata replaced, not recorded');
  const record = recordOf(
    entry,
    { ...others, ...confirmed, metadataEpoch: epoch },
    before.hashedAtMs,
    'confirmed',
  );
  await ctx.index.put(job.name, record);
  return {
    outcome: 'done',
    job: 'refresh_metadata',
    why: 'metadata settings',
    bytes: 0,
    record,
    metadata: true,
  };
}

function copyOntoItself(
  name: ObjectName,
  entry: LocalEntry,
  expected: ExpectedContent,
  { store, drain }: MirrorContext,
  signal: AbortSignal,
): Promise<Confirmed | undefined> {
  drain.throwIfAborted();
  return store.copy(name, name, entry, expected, 'anywhere', signal);
}

async function forget(job: Job, ctx: MirrorContext): Promise<Outcome> {
  await ctx.index.remove(job.name);
  return { outcome: 'done', job: 'forget', why: 'neither here nor there', bytes: 0 };
}

async function report(what: keyof typeof REPORTED, job: Job, ctx: MirrorContext): Promise<Outcome> {
  // A mark that something was to be sent, and was not: the object is somebody else's, and no record may say that it is ours.
  if (what === 'overwrite-refused' && ctx.index.get(job.name) !== undefined)
    await ctx.index.remove(job.name);
  return { outcome: 'skipped', reason: what, detail: REPORTED[what] };
}

async function release(job: Job, ctx: MirrorContext): Promise<Outcome> {
  const record = withVerdict(known(ctx.index.get(job.name)), 'nothing');
  await ctx.index.put(job.name, record);
  return { outcome: 'done', job: 'refresh_metadata', why: 'the file is back', bytes: 0, record };
}

/** For what the decision just taken proves to be there. */
function known<T>(fact: T | undefined): T {
  if (fact === undefined) throw new Error('a decision was taken without the fact it rests on');
  return fact;
}
