import type { Clock } from '../../clock.js';
import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import { decide, type Policy } from '../decide.js';
import { momentNow, type Since } from '../moment.js';
import type { PathState, SourceView } from '../source/source-view.js';
import { NO_RUN } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import type { Whereabouts } from '../work/whereabouts.js';
import { type Admission, mayBeSent } from './admission.js';
import type { Dependents } from './dependents.js';

/** Makes jobs of what scans and watches find. Each call resolves when the queue has taken its jobs. */
export interface Intake extends Pick<Admission, 'enqueue' | 'seeTo'> {
  /**
   * Stats these paths. Files that exist become jobs before names that are missing. `since`: when a change of each path
   * was first seen, in the order of `paths`. Resolves with the folders that are gone: only a scan of other folders finds
   * where they were moved to.
   */
  hints(paths: readonly RelativePath[], since?: readonly Since[]): Promise<readonly RelativePath[]>;
  /** Stats what is, was or lies below this path. `since`: when its change was first seen; default: now. */
  hint(path: RelativePath, since?: Since): Promise<void>;
}

export interface IntakeOptions {
  readonly admission: Admission;
  readonly index: ObjectIndex;
  readonly source: SourceView;
  readonly policy: Policy;
  readonly whereabouts: Pick<Whereabouts, 'sighted' | 'unnameable'>;
  readonly dependents: Pick<Dependents, 'settled'>;
  readonly pending: Pending;
  readonly clock: Clock;
}

export function createIntake(options: IntakeOptions): Intake {
  const { admission, index, source, policy, whereabouts, dependents, pending, clock } = options;

  async function consider(
    name: ObjectName,
    local: LocalEntry | undefined,
    since: Since,
  ): Promise<void> {
    const decision = decide(local && { entry: local }, index.get(name), 'unknown', policy);
    // The file may have changed since a job that is under way has seen it.
    if (decision.action === 'nothing' && !pending.has(name)) dependents.settled(name, NO_RUN);
    else {
      const mayBeRenamed = mayBeSent(decision);
      await admission.add({ name, local, remote: 'unknown', run: NO_RUN, mayBeRenamed, since });
    }
  }

  function sight(path: RelativePath, state: PathState): void {
    if (state.found === 'entry') whereabouts.sighted(source.nameOf(state.entry), state.entry.inode);
    else if (state.found === 'unknown' && state.inode !== undefined)
      whereabouts.unnameable(path, state.inode, state.detail);
  }

  async function considerAt(path: RelativePath, state: PathState, since: Since): Promise<void> {
    const entry = state.found === 'entry' ? state.entry : undefined;
    for (const name of source.namesAt(path)) {
      await consider(name, entry && source.nameOf(entry) === name ? entry : undefined, since);
    }
  }

  /** For a path that is no folder any more: names below it that have jobs and no records yet. */
  async function considerPendingBelow(path: RelativePath, since: Since): Promise<void> {
    for (const name of pending.namesBelow(`${path}/`)) {
      const below = source.pathOf(name);
      await considerAt(below, source.stat(below), since);
    }
  }

  return {
    enqueue: admission.enqueue,
    seeTo: admission.seeTo,
    async hints(paths, since = []) {
      const now = momentNow(clock);
      // Before the first job runs: a job that overwrites a file must know where that file was moved to.
      for (const path of paths) sight(path, source.stat(path));
      const others: (readonly [RelativePath, Since])[] = [];
      for (const [at, path] of paths.entries()) {
        const { [at]: first = now } = since;
        const state = source.stat(path);
        if (state.found === 'entry') await considerAt(path, state, first);
        else others.push([path, first]);
      }
      for (const [path, first] of others) {
        const state = source.stat(path);
        if (isSilent(state)) continue;
        await considerAt(path, state, first);
        if (state.found !== 'folder') await considerPendingBelow(path, first);
      }
      return paths.filter((path) => hasBelow(index, path) && isNoFolder(source.stat(path)));
    },
    async hint(path, since = momentNow(clock)) {
      const state = source.stat(path);
      if (isSilent(state)) return;
      await considerAt(path, state, since);
      if (state.found === 'folder') return;
      // The folder that may have been at this path is gone, and everything below it.
      for (const [name] of index.entries({ prefix: `${path}/` }))
        await consider(name, undefined, since);
      await considerPendingBelow(path, since);
    },
  };
}

function hasBelow(index: ObjectIndex, path: RelativePath): boolean {
  for (const _ of index.entries({ prefix: `${path}/` })) return true;
  return false;
}

function isNoFolder(state: PathState): boolean {
  return state.found !== 'folder' && !isSilent(state);
}

/** Whether nothing is known of the path. */
function isSilent({ found }: PathState): boolean {
  return found === 'excluded' || found === 'unknown';
}
