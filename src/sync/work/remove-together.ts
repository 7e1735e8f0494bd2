import { failpoint } from '../../failpoint.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import { decide } from '../decide.js';
import type { Guard } from '../guard/guard.js';
import type { PathStats } from '../source/source-view.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import { remoteOf } from './plain-facts.js';
import { afterAnnouncements, mayDeleteNow } from './renames.js';

/** What many deletes are made with. */
export interface TogetherContext extends Omit<MirrorContext, 'guard'> {
  readonly guard: Pick<Guard, 'askTogether'>;
  /** Removes the records of objects that were deleted, in one commit. */
  readonly forgetAll: (names: readonly ObjectName[]) => Promise<void>;
  /** Whether nothing is remembered of the object that its job would have to see to: attempts, unfinished uploads. */
  readonly isFresh: (name: ObjectName) => boolean;
  /** See withoutStaleListing. */
  readonly withoutStaleListing: (job: Job) => Job;
}

/** What became of the jobs; those that are neither wait now, as `remove` lets them (see WaitingJobs). */
export interface Together {
  /** Their objects are deleted, and their records removed. */
  readonly removed: readonly Job[];
  /** Each is to run alone, from the beginning. */
  readonly alone: readonly Job[];
}

/** A job whose delete is an ordinary one. */
interface Ordinary {
  readonly job: Job;
  /** Whether the guard is to count it. */
  readonly counts: boolean;
}

/**
 * Deletes the objects of many files that are gone: what `perform` and `remove` do for one, in the same order and with the same
 * evidence, with one question to the guard, one request and one commit for all. A job for which anything does not go as usual
 * is left alone, and begins with the disk. Never rejects: the jobs that are left meet the same error again.
 */
export async function removeTogether(
  jobs: readonly Job[],
  ctx: TogetherContext,
  signal: AbortSignal,
): Promise<Together> {
  // A plan names the evidence of each delete.
  if (ctx.effects.removeAll === undefined || ctx.makesPlan || ctx.drain.aborted)
    return { removed: [], alone: jobs };
  try {
    if (jobs.some(({ asOfMs }) => asOfMs === undefined)) await afterAnnouncements();
    const { ordinary, alone } = judgeAll(jobs, ctx);
    const removed = await removePermitted(ordinary, ctx, signal);
    const left = ordinary.filter(({ job }) => !removed.has(job)).map(({ job }) => job);
    return { removed: [...removed], alone: [...alone, ...left] };
  } catch {
    // Thrown by the index, the ledger or the disk.
    return { removed: [], alone: jobs };
  }
}

function judgeAll(
  jobs: readonly Job[],
  ctx: TogetherContext,
): { readonly ordinary: readonly Ordinary[]; readonly alone: readonly Job[] } {
  const nowMs = ctx.clock.monotonic();
  // Each follows names that lie beside each other: those of the jobs, and those of the same files now.
  const [stats, others] = [ctx.source.statsInOrder(), ctx.source.statsInOrder()];
  const ordinary: Ordinary[] = [];
  const alone: Job[] = [];
  for (const job of inOrder(jobs)) {
    const judged = judge(job, job.asOfMs ?? nowMs, { stats, others }, ctx);
    if (judged === 'alone') alone.push(job);
    else if (judged !== 'waits') ordinary.push({ job, counts: judged === 'counts' });
  }
  return { ordinary, alone };
}

function inOrder(jobs: readonly Job[]): readonly Job[] {
  return [...jobs].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function judge(
  job: Job,
  asOfMs: number,
  { stats, others }: { readonly stats: PathStats; readonly others: PathStats },
  ctx: TogetherContext,
): 'alone' | 'waits' | 'free' | 'counts' {
  const { name } = job;
  if (job.seen !== undefined || job.planned !== undefined || !ctx.isFresh(name)) return 'alone';
  if (ctx.secondLooks?.withholds(name) !== undefined) return 'alone';
  const listed = remoteOf(ctx.withoutStaleListing(job).remote);
  const known = ctx.index.get(name);
  if (listed === 'ask' || !isDeletable(known) || !isGone(stats, name)) return 'alone';
  if (decide(undefined, known, listed, ctx.policy).action !== 'delete') return 'alone';
  const may = mayDeleteNow(job, known, asOfMs, ctx, others);
  if ('outcome' in may) return may.outcome === 'waits' ? 'waits' : 'alone';
  const goesToTrash = ctx.trash !== undefined && !may.moved && known.kind !== 'folder';
  if (may.neededBy !== undefined || goesToTrash) return 'alone';
  return may.moved || known.guarded === 'delete-approved' ? 'free' : 'counts';
}

/** Whether the record is of an object of ours whose delete no person has to decide about, or has decided against. */
function isDeletable(known: ObjectRecord | undefined): known is ObjectRecord {
  const { state, guarded } = known ?? {};
  return state === 'confirmed' && (guarded === undefined || guarded === 'delete-approved');
}

function isGone(stats: PathStats, name: ObjectName): boolean {
  const { found } = stats.statPath(name);
  return found === 'nothing' || found === 'folder';
}

/** Deletes as many as the guard lets pass together, or those that it does not count. */
async function removePermitted(
  ordinary: readonly Ordinary[],
  ctx: TogetherContext,
  signal: AbortSignal,
): Promise<ReadonlySet<Job>> {
  const asked = ordinary.filter(({ counts }) => counts).length;
  const permit = asked === 0 ? undefined : await ctx.guard.askTogether(asked);
  let made = 0;
  try {
    const permitted = permit === undefined ? ordinary.filter(({ counts }) => !counts) : ordinary;
    const removed = await removeGone(permitted, ctx, signal);
    made = removed.filter(({ counts }) => counts).length;
    return new Set(removed.map(({ job }) => job));
  } catch {
    return new Set();
  } finally {
    if (made < asked) await permit?.refund(asked - made);
  }
}

/** Takes the evidence again at this very moment, as asking the guard took its time. Resolves with those that were deleted. */
async function removeGone(
  permitted: readonly Ordinary[],
  ctx: TogetherContext,
  signal: AbortSignal,
): Promise<readonly Ordinary[]> {
  const { source, index, effects } = ctx;
  if (effects.removeAll === undefined || permitted.length === 0 || !ctx.mayDelete()) return [];
  const stats = source.statsInOrder();
  const veto = source.deleteVetoes();
  const gone = permitted.filter(
    ({ job: { name } }) =>
      isDeletable(index.get(name)) &&
      isGone(stats, name) &&
      veto(source.pathOf(name)) === undefined,
  );
  if (gone.length === 0) return [];
  const failed = await effects.removeAll(
    gone.map(({ job }) => job.name),
    signal,
  );
  failpoint('sync: object deleted, not forgotten');
  const removed = gone.filter(({ job }) => !failed.has(job.name));
  await ctx.forgetAll(removed.map(({ job }) => job.name));
  return removed;
}
