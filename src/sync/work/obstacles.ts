import type { ObjectName } from '../../state/object-index.js';
import { foldersAbove } from '../../watcher/path.js';
import type { Job } from './job.js';
import type { MirrorContext } from './mirror-context.js';
import type { Outcome } from './outcome.js';

/**
 * Where a store cannot hold both `a` and `a/b`: requests the deletes of the objects that keep this one from being stored,
 * and waits for them. `clear`: there are none, or none any more. `blocked`: the deletes were requested before, and the
 * objects are still there.
 */
export async function clearObstacles(
  job: Job,
  ctx: MirrorContext,
): Promise<Outcome | 'clear' | 'blocked'> {
  const others = [...obstacles(job.name, ctx)];
  const last = others.at(-1);
  if (last === undefined) return 'clear';
  if (others.some((name) => ctx.index.get(name)?.guarded === 'delete-held'))
    return { outcome: 'held', change: 'delete' };
  if (last === job.roomAsked) return 'blocked';
  await ctx.seeTo(others, job.run, job.since);
  return ctx.waitingJobs.waitFor({ ...job, roomAsked: last }, last, false)
    ? { outcome: 'waits' }
    : 'blocked';
}

/** Names whose deletes are requested at once; more are found when these are gone. */
const AT_ONCE = 500;

function* obstacles(name: ObjectName, { index }: MirrorContext): Generator<ObjectName, void> {
  for (const folder of foldersAbove(name)) if (index.get(folder) !== undefined) yield folder;
  let left = AT_ONCE;
  for (const [below] of index.entries({ prefix: `${name}/` })) {
    if (left === 0) return;
    left -= 1;
    yield below;
  }
}
