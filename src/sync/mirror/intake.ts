import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import { foldersAbove } from '../../watcher/path.js';
import { decide, type Policy } from '../decide.js';
import type { Since } from '../moment.js';
import { entryIn, type PathState } from '../source/path-state.js';
import type { SourceView } from '../source/source-view.js';
import { NO_RUN } from '../work/job.js';
import type { Pending } from '../work/pending.js';
import type { Whereabouts } from '../work/whereabouts.js';
import { type Admission, mayBeSent } from './admission.js';
import type { BatchAdmission } from './batch-admission.js';
import type { Dependents } from './dependents.js';
import { fewestFirst, type HintedPath, statHinted } from './hinted-paths.js';
import { type HintPacker, packHints } from './pack-hints.js';

/** Makes jobs of what scans and watches find. Each call resolves when the queue has taken its jobs. */
export interface Intake extends Pick<Admission, 'enqueue' | 'seeTo'> {
  /**
   * Files that exist become jobs before names that are missing. Resolves with the folders that are gone: only a scan of
   * other folders finds where they were moved to. `batches`: takes many new and changed files as one; undefined: each has a job
   * of its own.
   */
  takeAll(
    hinted: readonly HintedPath[],
    batches: HintBatches | undefined,
  ): Promise<readonly RelativePath[]>;
  /** Sees to what is, was or lies below this path. */
  takeOne(hinted: HintedPath): Promise<void>;
}

export type HintBatches = Pick<BatchAdmission, 'enqueueHinted'>;

export interface IntakeOptions {
  readonly admission: Admission;
  readonly index: ObjectIndex;
  readonly source: SourceView;
  readonly policy: Policy;
  readonly whereabouts: Pick<Whereabouts, 'sighted' | 'unnameable'>;
  readonly dependents: Pick<Dependents, 'settled'>;
  readonly pending: Pending;
}

export function createIntake(options: IntakeOptions): Intake {
  const { admission, index, source, policy, whereabouts, dependents, pending } = options;

  async function consider(
    name: ObjectName,
    local: LocalEntry | undefined,
    since: Since,
    packer?: HintPacker,
  ): Promise<void> {
    const known = index.get(name);
    const decision = decide(local && { entry: local }, known, 'unknown', policy);
    // The file may have changed since a job that is under way has seen it.
    if (decision.action === 'nothing' && !pending.has(name)) dependents.settled(name, NO_RUN);
    else if (packer === undefined || decision.action === 'nothing') {
      const mayBeRenamed = mayBeSent(decision);
      await admission.add({ name, local, remote: 'unknown', run: NO_RUN, mayBeRenamed, since });
    } else
      await packer.add({ kind: 'finding', name, local, known, remote: 'unknown', decision }, since);
  }

  function sight(path: RelativePath, state: PathState): void {
    const entry = entryIn(state);
    if (entry !== undefined) whereabouts.sighted(source.nameOf(entry), entry.inode);
    else if (state.found === 'unknown' && state.inode !== undefined)
      whereabouts.unnameable(path, state.inode, state.detail);
  }

  async function considerAt(
    { path, state, since }: HintedPath,
    packer?: HintPacker,
  ): Promise<void> {
    const entry = entryIn(state);
    for (const name of source.namesAt(path)) {
      const local = entry && source.nameOf(entry) === name ? entry : undefined;
      await consider(name, local, since, packer);
    }
  }

  /**
   * For a path that is no folder any more: names below it that have jobs and no records yet. Those with records are found by
   * the scan of the folder that is gone.
   */
  async function considerPendingBelow(path: RelativePath, since: Since): Promise<void> {
    const below = pending
      .namesBelow(path)
      .filter((name) => index.get(name) === undefined)
      .map((name) => [source.pathOf(name), since] as const);
    for (const hinted of statHinted(source, below)) await considerAt(hinted);
  }

  return {
    enqueue: admission.enqueue,
    seeTo: admission.seeTo,
    async takeAll(hinted, batches) {
      // Before the first job runs: a job that overwrites a file must know where that file was moved to.
      for (const { path, state } of hinted) sight(path, state);
      const gone = goneFolders(hinted, index);
      const packer = batches && packHints(batches, admission, policy);
      for (const each of fewestFirst(hinted)) {
        if (each.state.found !== 'entry') continue;
        await considerAt(each, packer);
        await considerPendingBelow(each.path, each.since); // a folder may have been there
      }
      await packer?.flush();
      // The queue may have taken its time. A name that was missing is not looked for again here: its job does that before
      // it decides, and again right before it deletes; a scan of a folder that is gone walks what is there then.
      for (const each of hinted) {
        if (each.state.found === 'entry' || isSilent(each.state)) continue;
        if (isIn(gone, each.path)) continue; // the scan of that folder finds it, and deletes have to wait for it anyway
        await considerAt(each);
        if (each.state.found !== 'folder') await considerPendingBelow(each.path, each.since);
      }
      return [...gone];
    },
    async takeOne(hinted) {
      const { path, state, since } = hinted;
      if (isSilent(state)) return;
      await considerAt(hinted);
      if (state.found === 'folder') return;
      // The folder that may have been at this path is gone, and everything below it.
      for (const [name] of index.entries({ prefix: `${path}/` }))
        await consider(name, undefined, since);
      await considerPendingBelow(path, since);
    },
  };
}

/** The paths that are no folders any more and had objects below them; none of them lies in another. */
function goneFolders(hinted: readonly HintedPath[], index: ObjectIndex): ReadonlySet<RelativePath> {
  const gone = new Set<RelativePath>();
  for (const { path, state } of hinted)
    if (isNoFolder(state) && !isIn(gone, path) && hasBelow(index, path)) gone.add(path);
  return gone;
}

function isIn(folders: ReadonlySet<RelativePath>, path: RelativePath): boolean {
  if (folders.size === 0) return false;
  for (const folder of foldersAbove(path)) if (folders.has(folder)) return true;
  return false;
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
