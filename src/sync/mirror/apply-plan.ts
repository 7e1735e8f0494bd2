import { childController } from '../../signal.js';
import type { ObjectName } from '../../state/object-index.js';
import type { Planned } from '../evidence.js';
import { APPLY } from '../run.js';
import type { SourceView } from '../source/source-view.js';
import { type BeginningMirror, type BegunRun, beginRun } from './begin-run.js';
import type { ScanResult } from './finish-run.js';
import type { Intake } from './intake.js';
import type { Mirror } from './mirror.js';

/** The plan was made for a container that is, or may be, another one now. */
export class PlanOutdatedError extends Error {
  override readonly name = 'PlanOutdatedError';
}

/** One action of a plan. */
export interface PlannedAction {
  readonly name: ObjectName;
  readonly planned: Planned;
}

/** The actions of a plan for one mirror, in any order. Called twice: deletes come after everything else. */
export type ReadActions = () => AsyncIterable<PlannedAction> | Iterable<PlannedAction>;

export type AppliedMirror = BeginningMirror &
  Pick<Mirror, 'containerTrouble'> & {
    readonly intake: Pick<Intake, 'enqueue'>;
    readonly source: Pick<SourceView, 'statPath'>;
  };

/**
 * Carries out the actions of a plan, and nothing else. An action whose evidence has changed is skipped (`plan-outdated`).
 * Resolves when all have been seen to. Rejects when `stop` is aborted, and when the container is missing or denied.
 */
export async function applyPlan(
  mirror: AppliedMirror,
  readActions: ReadActions,
  stop: AbortSignal,
): Promise<ScanResult> {
  const {
    controller: { signal },
    unlink,
  } = childController(stop, mirror.containerTrouble.signal);
  const begun = beginRun(mirror, { ...APPLY, why: 'asked for' });
  const { run } = begun;
  let actions = 0;
  run.scanned = () => actions;
  // Nothing is walked: no job waits for what a walk may find.
  begun.walked(false);
  try {
    for (const isTurn of [isNoDelete, isDelete]) {
      for await (const action of readActions()) {
        if (!isTurn(action)) continue;
        signal.throwIfAborted();
        actions += 1;
        await enqueue(mirror, begun, action);
        mirror.stats.progress(run);
      }
      await run.awaited.whenEmpty(signal);
    }
    begun.scanned('partial');
  } catch (error) {
    begun.scanned('failed');
    throw error;
  } finally {
    mirror.runs.end(run);
    unlink();
  }
  run.tally.counts.scanned = actions;
  const report = run.tally.report();
  mirror.stats.report({ event: 'run-finished', run: 'apply', report, complete: true });
  return { report, complete: true };
}

const isDelete = ({ planned }: PlannedAction) => planned.action === 'delete';
const isNoDelete = (action: PlannedAction) => !isDelete(action);

/** The object is looked at first: nothing has listed the container since the plan was made. */
function enqueue(
  { intake, source }: Pick<AppliedMirror, 'intake' | 'source'>,
  { run }: BegunRun,
  { name, planned }: PlannedAction,
): Promise<void> {
  const state = source.statPath(name);
  const local = state.found === 'entry' ? state.entry : undefined;
  const remote = planned.evidence.object === 'unknown' ? 'unknown' : 'ask';
  const decision =
    planned.action === 'upload'
      ? ({ action: 'upload', why: 'new' } as const)
      : ({ action: 'learn', what: 'remote' } as const);
  return intake.enqueue({ name, local, remote, decision, planned }, run);
}
