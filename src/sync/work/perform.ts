import type { LocalEntry } from '../../watcher/entry.js';
import { type Decision, decide, type UploadReason } from '../decide.js';
import { decideHealing } from '../decide-healing.js';
import { needsAttributes } from '../file-attributes.js';
import { REPORTED } from '../reported.js';
import { emptyContent } from '../source/empty-content.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';
import { entryOf, remoteOf } from './plain-facts.js';
import { evidenceOf, whyOutdated } from './planned-job.js';
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
import { upload } from './upload.js';

/**
 * Mirrors one object: finds out the facts, decides, acts. Resolves with what was done and is to be recorded: see
 * Books.record. Rejects when the attempt fails, with FileChangedError when the file changed meanwhile; the job can be tried
 * again then. `ctx.drain` ends what comes before the decision, `signal` what comes after it.
 */
export async function perform(job: Job, ctx: MirrorContext, signal: AbortSignal): Promise<Outcome> {
  const fromMs = ctx.clock.now();
  const local = statPath(job, ctx);
  if ('outcome' in local) return local;
  if (local.entry) ctx.whereabouts.sighted(job.name, local.entry.inode);
  const listed = remoteOf(job.remote);
  let asked = listed === 'ask' || ctx.effects.mayBeLarger(listed, local.entry);
  const remote = listed === 'ask' || asked ? await ctx.effects.head(job.name, ctx.drain) : listed;
  let facts: Facts = { ...contentOf(local.entry, fromMs), remote };
  // decide asks for each fact once at the most, so this ends.
  for (;;) {
    ctx.drain.throwIfAborted();
    const decision = decideFor(job, facts, ctx);
    if (decision.action === 'learn') facts = await learn(decision, job, facts, ctx);
    else if (describes(decision) && lacksAttributes(facts, ctx))
      facts = await withAttributes(job, facts, ctx);
    else if (decision.action !== 'forget' || asked)
      return actAsPlanned(decision, job, facts, ctx, signal);
    else {
      // The object may have been sent since the container was listed. Without its record no later run would delete it.
      facts = Object.assign({}, facts, { remote: await ctx.effects.head(job.name, ctx.drain) });
      asked = true;
    }
  }
}

/** Whether the object, or its record, is to be given the metadata of the file. */
function describes({ action }: Decision): boolean {
  return (
    action === 'upload' || action === 'adopt' || action === 'refresh' || action === 'renew-metadata'
  );
}

function lacksAttributes({ local }: Facts, { policy }: MirrorContext): boolean {
  return local !== undefined && needsAttributes(local.entry, policy);
}

async function withAttributes(job: Job, facts: Facts, ctx: MirrorContext): Promise<Facts> {
  const local = known(facts.local);
  const { entry, skipped } = await ctx.effects.withAttributes(local.entry);
  if (skipped !== undefined) ctx.attributesSkipped(job, skipped);
  return { ...facts, local: { ...local, entry } };
}

function decideFor({ name, damage }: Job, { local, remote }: Facts, ctx: MirrorContext): Decision {
  const known = ctx.index.get(name);
  // An attempt that was begun may have sent anything: what was read before is no evidence any more.
  return damage === undefined || known?.state === 'sending'
    ? decide(local, known, remote, ctx.policy)
    : decideHealing(local, known, remote, damage);
}

/** Acts, unless the job is from a plan and rests on other evidence now. Where a plan is made, the outcome says what it rests on. */
async function actAsPlanned(
  decision: Exclude<Decision, { action: 'learn' }>,
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const evidence =
    ctx.makesPlan || job.planned !== undefined ? evidenceOf(job, facts, ctx.index) : undefined;
  const outdated = evidence && whyOutdated(job, decision, evidence);
  if (outdated !== undefined)
    return { outcome: 'skipped', reason: 'plan-outdated', detail: outdated };
  const outcome = await act(decision, job, facts, ctx, signal);
  const { action } = decision;
  if (outcome.outcome !== 'done' || !ctx.makesPlan || evidence === undefined) return outcome;
  return action === 'nothing' || action === 'report'
    ? outcome
    : { ...outcome, planned: { action, evidence } };
}

function statPath(
  job: Job,
  { source }: MirrorContext,
): { readonly entry: LocalEntry | undefined } | Outcome {
  // A folder is not read, so that nothing finds out later whether it is still as it was seen.
  if (job.seen && job.seen.kind !== 'folder') return { entry: entryOf(job.seen) };
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

/** What is known of the content before it is read: that of a folder is empty. `nowMs`: before its stat. */
function contentOf(entry: LocalEntry | undefined, nowMs: number): Omit<Facts, 'remote'> {
  if (entry?.kind !== 'folder') return { local: entry && { entry }, content: undefined };
  const content = emptyContent(nowMs);
  return { local: { entry, md5: content.md5 }, content };
}

async function learn(
  { what, partSize }: Extract<Decision, { action: 'learn' }>,
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
): Promise<Facts> {
  if (what === 'remote') return { ...facts, remote: await ctx.effects.head(job.name, ctx.drain) };
  const local = known(facts.local);
  const { entry } = local;
  if (what === 'remote-md5') {
    const hashedAtMs = ctx.clock.now();
    const { remote, localMd5: md5 } = await ctx.effects.inspect(job.name, entry, ctx.drain);
    if (md5 === undefined) return { ...facts, remote };
    return {
      remote,
      local: { ...local, md5 },
      content: { md5, hashedAtMs, looks: await ctx.effects.look(entry) },
    };
  }
  const fromMs = ctx.clock.monotonic();
  const read = await ctx.effects.read(entry, partSize);
  const hashedAtMs = ctx.racyFiles.hashedAtMs(job.name, entry.ctimeNs, read.hashedAtMs, fromMs);
  const { md5, md5Parts } = read;
  const digests = { md5, ...(md5Parts !== undefined && { md5Parts }) };
  return { ...facts, local: { ...local, ...digests }, content: { ...read, hashedAtMs } };
}

function act(
  decision: Exclude<Decision, { action: 'learn' }>,
  job: Job,
  facts: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> | Outcome {
  switch (decision.action) {
    case 'nothing':
      return { outcome: 'nothing' };
    case 'upload':
      return replaceOrSend(decision.why, job, facts, ctx, signal);
    case 'adopt':
      return adopt(job, facts, ctx, signal);
    case 'refresh':
      return refresh(job, facts, decision.metadata, ctx, signal);
    case 'renew-metadata':
      return renewMetadata(job, facts, ctx, signal);
    case 'delete':
      return remove(job, decision.why, ctx, signal);
    case 'forget':
      return forget();
    case 'release':
      return release(job, ctx);
    case 'report':
      return report(decision.what, job, ctx);
  }
}

function replaceOrSend(
  why: UploadReason,
  job: Job,
  { local, content, remote }: Facts,
  ctx: MirrorContext,
  signal: AbortSignal,
): Promise<Outcome> | Outcome {
  const replaced = why === 'new' ? undefined : ctx.source.replaced(ctx.source.pathOf(job.name));
  if (replaced !== undefined)
    return { outcome: 'skipped', reason: 'overwrite-refused', detail: replaced };
  const where = ctx.policy.overwrite === 'never' && remote === 'absent' ? 'absent' : 'anywhere';
  return upload({ job, entry: known(local).entry, read: content, why, where }, ctx, signal);
}

function report(what: keyof typeof REPORTED, job: Job, ctx: MirrorContext): Outcome {
  const skipped = { outcome: 'skipped', reason: what, detail: REPORTED[what] } as const;
  // The record says that an object was about to be sent, and it was not: the object is not ours, and has no record.
  return what === 'overwrite-refused' && ctx.index.get(job.name) !== undefined
    ? { ...skipped, entry: { record: undefined } }
    : skipped;
}
