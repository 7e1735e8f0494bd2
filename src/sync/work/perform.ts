import type { LocalEntry } from '../../watcher/entry.js';
import { type Decision, decide } from '../decide.js';
import { REPORTED } from '../reported.js';
import type { Job } from './job.js';
import { type MirrorContext, type Outcome, readEntry } from './mirror-context.js';
import { entryOf, remoteOf } from './plain-facts.js';
import {
  adopt,
  type Facts,
  forget,
  known,
  refresh,
  release,
  renewMetadata,
} from './record-changes.js';
import { remove } from './remove.js';
import { upload } from './send.js';

/**
 * Mirrors one object: finds out the facts, decides, acts. Rejects when the attempt fails, with FileChangedError when the
 * file changed meanwhile; no wrong record was written then, and the job can be tried again. `ctx.drain` ends what comes
 * before the decision, `signal` what comes after it.
 */
export async function perform(job: Job, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const outcome = await attempt(job, ctx, signal);
  // A multipart upload that an earlier attempt began is not continued any more.
  if (outcome.outcome === 'done' && !ctx.uploads.isIdle(job.name)) {
    await ctx.uploads.abandon([job.name]);
    await ctx.orphans.abort(signal, job.name);
  }
  return outcome;
}

async function attempt(job: Job, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const local = statPath(job, ctx);
  if ('outcome' in local) return local;
  if (local.entry) ctx.whereabouts.sighted(job.name, local.entry.inode);
  const listed = remoteOf(job.remote);
  let asked = listed === 'ask' || ctx.store.mayBeLarger(listed, local.entry);
  const remote = listed === 'ask' || asked ? await ctx.store.head(job.name, ctx.drain) : listed;
  let facts: Facts = { local: local.entry && { entry: local.entry }, content: undefined, remote };
  // decide asks for each fact once at the most, so this ends.
  for (;;) {
    ctx.drain.throwIfAborted();
    const decision = decide(facts.local, ctx.index.get(job.name), facts.remote, ctx.policy);
    if (decision.action === 'learn') facts = await learn(decision.what, job, facts, ctx);
    else if (decision.action !== 'forget' || asked) return act(decision, job, facts, ctx, signal);
    else {
      // The object may have been sent since the container was listed. Without its record no later run would delete it.
      facts = { ...facts, remote: await ctx.store.head(job.name, ctx.drain) };
      asked = true;
    }
  }
}

function statPath(
  job: Job,
  { source }: MirrorContext,
): { readonly entry: LocalEntry | undefined } | Outcome {
  if (job.seen) return { entry: entryOf(job.seen) };
  const state = source.statPath(job.name);
  switch (state.found) {
    case 'entry':
      return { entry: state.entry };
    case 'folder':
    case 'nothing':
      return { entry: undefined };
    case 'excluded':
      return { outcome: 'nothing' };
    case 'unknown':
      return { outcome: 'skipped', reason: state.reason, detail: state.detail };
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

async function report(what: keyof typeof REPORTED, job: Job, ctx: MirrorContext): Promise<Outcome> {
  // The record says that an object was about to be sent, and it was not: the object is not ours, and has no record.
  if (what === 'overwrite-refused' && ctx.index.get(job.name) !== undefined)
    await ctx.index.remove(job.name);
  return { outcome: 'skipped', reason: what, detail: REPORTED[what] };
}
