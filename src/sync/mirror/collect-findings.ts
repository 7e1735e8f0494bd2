import type { ObjectName } from '../../state/object-index.js';
import type { SkipReason } from '../events.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { REPORTED } from '../reported.js';
import { OWN_FOLDER } from '../reserved-names.js';
import type { Finding } from '../scan/compare.js';
import type { ScanItem } from '../scan/scan-items.js';
import type { SourceView } from '../source/source-view.js';
import { pathsOf, type UploadBatch } from '../upload-batch.js';
import type { BegunRun } from './begin-run.js';
import { createExtraneousLooks } from './extraneous-looks.js';
import type { Mirror } from './mirror.js';
import { collectDeletes, type DeletingMirror, type RunDeletes } from './run-deletes.js';
import type { RunPlaces } from './run-listing.js';

/** What a run finds, on its way to jobs. */
export interface RunFindings {
  /** Makes a job of a finding, or reports it. Resolves when the queue has taken the job. */
  take(item: ScanItem): Promise<void>;
  /** To be awaited after the last finding, before deletes are made. */
  finish(): Promise<void>;
  /** Names without a file, which wait until all are known. */
  readonly deletes: RunDeletes;
}

export type FindingMirror = Pick<
  Mirror,
  'intake' | 'batches' | 'whereabouts' | 'failedStats' | 'stats'
> & {
  readonly settings: Pick<MirrorSettings, 'target' | 'container' | 'prefix'>;
  readonly source: Pick<SourceView, 'statPath' | 'pathOf'>;
};

export function collectFindings(
  mirror: FindingMirror & DeletingMirror,
  begun: Pick<BegunRun, 'due' | 'run' | 'needlessUploads'>,
  others: Pick<RunPlaces, 'over' | 'isThere'>,
): RunFindings {
  const { intake, batches, source, whereabouts, failedStats, settings } = mirror;
  const { due, run, needlessUploads } = begun;
  const whyOthers = (name: ObjectName) => reasonOfOthers(others.over(name), settings);
  const looks = createExtraneousLooks(others.isThere, takeReported);
  const deletes = collectDeletes(mirror, {
    whyKept: whyOthers,
    kept: (name, why) => skip(name, 'extraneous', why),
  });

  function skip(path: string, reason: SkipReason, detail: string): void {
    // Links are skipped because the settings say so, and a malformed pattern skips nothing.
    if (reason !== 'link-skipped' && reason !== 'pattern-malformed') run.tally.counts.skipped += 1;
    mirror.stats.skipped(path, reason, detail);
  }

  async function takeFinding(finding: Finding): Promise<void> {
    const { name, known, local, decision } = finding;
    if (decision.action !== 'report') needlessUploads.delete(name);
    if (known === undefined && local === undefined && finding.remote === 'ask')
      return looks.add(finding);
    // Other names of the file may lie outside of the folder that is scanned.
    if (due.under !== '' && local) await intake.linked(name, local, run.since(source.pathOf(name)));
    if (decision.action !== 'report' && decision.action !== 'delete') {
      const seen = due.sides.source ? finding : withFile(finding, source);
      if (seen !== undefined) await intake.enqueue(seen, run);
    } else takeReported(finding);
  }

  /** What makes no job, or none yet. */
  function takeReported(finding: Finding): void {
    const { name, known, local, decision } = finding;
    if (decision.action === 'delete') {
      if (due.deletes) deletes.add(finding);
    } else if (decision.action === 'report') {
      const whose = known === undefined && local === undefined ? whyOthers(name) : undefined;
      skip(name, decision.what, whose ?? REPORTED[decision.what]);
    }
  }

  async function takeBatch(batch: UploadBatch): Promise<void> {
    if (needlessUploads.size > 0) for (const name of pathsOf(batch)) needlessUploads.delete(name);
    await batches.enqueue(batch, run);
  }

  return {
    deletes,
    finish: looks.finish,
    async take(item) {
      if (item.kind === 'finding') await takeFinding(item);
      if (item.kind === 'uploads') await takeBatch(item.batch);
      if (item.kind !== 'problem') return;
      if (item.inode !== undefined) whereabouts.unnameable(item.path, item.inode, item.detail);
      if (item.transient) failedStats.report(item.path);
      skip(item.path, item.reason, item.detail);
    },
  };
}

/**
 * What a run without a source found, with the file that is there now. Undefined: there is none, and a scan of the source
 * sees to the name.
 */
function withFile(finding: Finding, source: Pick<SourceView, 'statPath'>): Finding | undefined {
  const state = source.statPath(finding.name);
  return state.found === 'entry' ? Object.assign({}, finding, { local: state.entry }) : undefined;
}

/** Why an object without a record is left alone: the mirror whose lease is in `folder` has put it there. Else undefined. */
function reasonOfOthers(
  folder: ObjectName | undefined,
  { target, container, prefix }: FindingMirror['settings'],
): string | undefined {
  if (folder === undefined) return undefined;
  const lease = `${prefix}${folder === '' ? '' : `${folder}/`}${OWN_FOLDER}lease`;
  return `another mirror writes to ${prefix}${folder}/, where its lease is, and this object is left to it; if that mirror is gone for good: longshore object rm ${target} ${container} ${lease}`;
}
