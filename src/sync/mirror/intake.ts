import type { Clock } from '../../clock.js';
import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import type { Decision, Policy, Remote } from '../decide.js';
import { decide } from '../decide.js';
import { momentNow, type Since } from '../moment.js';
import type { PathState, SourceView } from '../source/source-view.js';
import { type Job, NO_RUN } from '../work/job.js';
import { SMALL_FILE } from '../work/mirror-context.js';
import type { Pending } from '../work/pending.js';
import type { JobQueue, Lane } from '../work/queue.js';
import { formerName } from '../work/renames.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { Run, Runs } from './runs.js';

/** Something that a scan found to be due. */
export interface DueObject {
  readonly name: ObjectName;
  readonly local: LocalEntry | undefined;
  readonly remote: Remote;
  readonly decision: Decision;
  /** Of a delete: see Job. */
  readonly asOfMs?: number;
}

/**
 * Makes jobs of what scans and watches find. Each call resolves when the queue has taken its jobs: that holds back who
 * finds faster than is sent.
 */
export interface Intake {
  enqueue(object: DueObject, run: Run): Promise<void>;
  /**
   * "Look at these paths". What is there is seen to first. `since`: when each was first heard of, in the order of `paths`.
   * Resolves with folders that are gone: where they went is known only once other folders were scanned.
   */
  hints(paths: readonly RelativePath[], since?: readonly Since[]): Promise<readonly RelativePath[]>;
  /** "Look at this path": whatever is there, was there, or was below it. `since`: when that was first heard of; default now. */
  hint(path: RelativePath, since?: Since): Promise<void>;
  /** These names, of which none is known to have a file, are to be seen to by this run. */
  seeTo(names: Iterable<ObjectName>, run: number, since: Since): Promise<void>;
}

export interface IntakeOptions {
  readonly mirror: string;
  readonly queue: JobQueue<Job>;
  readonly index: ObjectIndex;
  readonly source: SourceView;
  readonly policy: Policy;
  readonly whereabouts: Pick<Whereabouts, 'sighted' | 'unnameable'>;
  /** A look has found that nothing is due about this name, and no job sees to it. */
  readonly settled: (name: ObjectName, run: number) => void;
  readonly pending: Pending;
  readonly runs: Pick<Runs, 'get'>;
  readonly clock: Clock;
}

export function createIntake(options: IntakeOptions): Intake {
  const { mirror, queue, index, source, policy, whereabouts, settled, pending, runs, clock } =
    options;

  async function add(
    name: ObjectName,
    local: LocalEntry | undefined,
    remote: Remote,
    run: number,
    mayBeRenamed: boolean,
    since: Since,
    asOfMs?: number,
  ): Promise<void> {
    const renamedFrom = mayBeRenamed && local ? formerName(index, name, local) : undefined;
    if (local) whereabouts.sighted(name, local.inode);
    pending.add(name, since);
    await queue.add({
      key: `${mirror}\0${name}`,
      lane: laneOf(local),
      mirror,
      name,
      run,
      since,
      attempt: 1,
      remote,
      listedIn: run,
      ...(local ? { seen: local } : {}),
      ...(renamedFrom === undefined ? {} : { renamedFrom }),
      ...(asOfMs === undefined ? {} : { asOfMs }),
    });
  }

  async function consider(
    name: ObjectName,
    entry: LocalEntry | undefined,
    since: Since,
  ): Promise<void> {
    const decision = decide(entry && { entry }, index.get(name), 'unknown', policy);
    // What a job that is under way has seen may be no longer so.
    if (decision.action !== 'nothing' || pending.has(name))
      await add(name, entry, 'unknown', NO_RUN, isSent(decision), since);
    else settled(name, NO_RUN);
  }

  function sight(path: RelativePath, look: PathState): void {
    if (look.found === 'entry') whereabouts.sighted(source.nameOf(look.entry), look.entry.inode);
    else if (look.found === 'unknown' && look.inode !== undefined)
      whereabouts.unnameable(path, look.inode, look.detail);
  }

  async function considerAt(path: RelativePath, look: PathState, since: Since): Promise<void> {
    const entry = look.found === 'entry' ? look.entry : undefined;
    for (const name of source.namesAt(path)) {
      await consider(name, entry && source.nameOf(entry) === name ? entry : undefined, since);
    }
  }

  /** What was a folder is gone, or is something else now: jobs of which there is no record see to names below it. */
  async function considerPendingBelow(path: RelativePath, since: Since): Promise<void> {
    for (const name of pending.namesBelow(`${path}/`)) {
      const below = source.pathOf(name);
      await considerAt(below, source.look(below), since);
    }
  }

  function ofRun(name: ObjectName, id: number, since: Since): void {
    const run = runs.get(id);
    if (run === undefined) return;
    run.pending.add(name, since);
    run.work.jobsDue += 1;
  }

  return {
    async enqueue({ name, local, remote, decision, asOfMs }, run) {
      const since = run.since(source.pathOf(name));
      ofRun(name, run.id, since);
      if (decision.action === 'upload') run.work.bytesDue += local?.size ?? 0;
      await add(name, local, remote, run.id, isSent(decision) && !run.first, since, asOfMs);
    },
    async hints(paths, since = []) {
      const now = momentNow(clock);
      // A job that takes a file's place must know where the file went, before the first of them runs.
      for (const path of paths) sight(path, source.look(path));
      const others: (readonly [RelativePath, Since])[] = [];
      for (const [at, path] of paths.entries()) {
        const { [at]: first = now } = since;
        const look = source.look(path);
        if (look.found === 'entry') await considerAt(path, look, first);
        else others.push([path, first]);
      }
      for (const [path, first] of others) {
        const look = source.look(path);
        if (isSilent(look)) continue;
        await considerAt(path, look, first);
        if (look.found !== 'folder') await considerPendingBelow(path, first);
      }
      return paths.filter((path) => hasBelow(path) && isNoFolder(source.look(path)));
    },
    async hint(path, since = momentNow(clock)) {
      const look = source.look(path);
      if (isSilent(look)) return;
      await considerAt(path, look, since);
      if (look.found === 'folder') return;
      // What was a folder is gone, or is something else now: so is everything that was below it.
      for (const [name] of index.entries({ prefix: `${path}/` }))
        await consider(name, undefined, since);
      await considerPendingBelow(path, since);
    },
    async seeTo(names, run, since) {
      for (const name of names) {
        ofRun(name, run, since);
        await add(name, undefined, 'unknown', run, false, since);
      }
    },
  };

  function hasBelow(path: RelativePath): boolean {
    for (const _ of index.entries({ prefix: `${path}/` })) return true;
    return false;
  }
}

function isNoFolder(look: PathState): boolean {
  return look.found !== 'folder' && !isSilent(look);
}

/** Nothing follows from what was seen. */
function isSilent({ found }: PathState): boolean {
  return found === 'excluded' || found === 'unknown';
}

/** Whether it may come to sending, so that an object with this content is worth looking for. */
function isSent({ action }: Decision): boolean {
  return action === 'upload' || action === 'learn';
}

function laneOf(local: LocalEntry | undefined): Lane {
  if (!local) return 'delete';
  return local.size > SMALL_FILE ? 'large' : 'small';
}
