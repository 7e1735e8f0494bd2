import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Guard } from '../guard/guard.js';
import type { Finding } from '../scan/compare.js';
import type { SourceView } from '../source/source-view.js';
import type { Pending } from '../work/pending.js';
import type { Quarantine } from '../work/quarantine.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { Dependents } from './dependents.js';
import type { HeldChanges } from './held-changes.js';
import type { MirrorParts } from './mirror-parts.js';
import type { Run } from './runs.js';

/** A delete that a run has found to be due. */
export type DueDelete = Pick<Finding, 'name' | 'remote'>;

/**
 * Holds those deletes of a run's page for which an attempt would come to nothing but the guard's refusal, by one write of
 * their verdicts. Resolves, when the index has it, with the others: each of them needs a job. `asOfMs`: see Job.
 */
export type HoldPage = (
  page: readonly DueDelete[],
  run: Run,
  asOfMs: number,
) => Promise<readonly DueDelete[]>;

export interface HoldPageOptions {
  readonly parts: Pick<MirrorParts, 'index' | 'ledger'> & {
    readonly guard: Pick<Guard, 'holdAll'>;
  };
  readonly source: Pick<SourceView, 'statsInOrder' | 'deleteVetoes' | 'pathOf'>;
  readonly whereabouts: Pick<Whereabouts, 'find'>;
  readonly pending: Pick<Pending, 'has' | 'add' | 'settled'>;
  readonly quarantine: Pick<Quarantine, 'get'>;
  readonly held: Pick<HeldChanges, 'add'>;
  readonly dependents: Pick<Dependents, 'settled'>;
}

/**
 * What an attempt finds out before it asks the guard (work/perform.ts, work/remove.ts) is found out here for each name:
 * its file is still missing, its source says so, the object is ours and there, nothing was decided about it before, the file
 * is not under another name, and no other job sees to the name. Between that and the verdict no other code runs.
 */
export function createHoldPage(options: HoldPageOptions): HoldPage {
  const { parts, source, pending, held, dependents } = options;

  return async (page, run, asOfMs) => {
    const [stats, others] = [source.statsInOrder(), source.statsInOrder()];
    const veto = source.deleteVetoes();
    const missing = page.filter((each) => {
      const known = parts.index.get(each.name);
      return (
        known !== undefined &&
        isUndecided(each, known, run, options) &&
        stats.statPath(each.name).found === 'nothing' &&
        options.whereabouts.find(each.name, known, asOfMs, run.id, others).state === 'nowhere' &&
        veto(source.pathOf(each.name)) === undefined
      );
    });
    const together =
      missing.length > 0 ? parts.guard.holdAll(missing.map(({ name }) => name)) : undefined;
    if (together === undefined) return page;
    const since = (name: ObjectName) => run.since(source.pathOf(name));
    // Before the write is awaited: a job of a later moment counts and reports its name itself.
    for (const name of together.names)
      held.add({ name, since: since(name), run: run.id }, 'delete');
    await together.saved;
    for (const name of together.names) {
      if (pending.has(name)) continue; // a job of this moment sees to it
      // Work on it that was dropped is not to be done any more.
      pending.add(name, since(name));
      pending.settled(name);
      dependents.settled(name, run.id);
    }
    return page.filter(({ name }) => !together.names.has(name));
  };
}

/** Whether nothing is known or under way about the object but that its delete is due. */
function isUndecided(
  { name, remote }: DueDelete,
  known: ObjectRecord,
  { changed }: Run,
  { parts: { ledger }, pending, quarantine }: HoldPageOptions,
): boolean {
  return (
    known.state === 'confirmed' &&
    known.guarded === undefined &&
    remote !== 'absent' &&
    !changed.has(name) &&
    !pending.has(name) &&
    quarantine.get(name) === undefined &&
    ledger.read().reconciled
  );
}
