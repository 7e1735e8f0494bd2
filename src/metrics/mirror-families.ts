import type { RunReport } from '../state/ledger.js';
import type { MirrorStatus } from '../sync/events.js';
import { MIRROR_STATES } from '../sync/mirror-states.js';
import type { MirrorCounts } from './counts.js';
import type { FamilyCollector } from './families.js';

type Add = FamilyCollector['add'];

/** Adds what a mirror's status says. */
export function addMirrorStatus(add: Add, status: MirrorStatus): void {
  const { mirror, target, deletes, state, lagSeconds } = status;
  add('longshore_mirror_info', [mirror, target, deletes], 1);
  for (const each of MIRROR_STATES) add('longshore_mirror_state', [mirror, each], each === state);
  add('longshore_mirror_lag_seconds', [mirror], lagSeconds);
  add('longshore_mirror_lag_known', [mirror], lagSeconds !== null);
  add('longshore_mirror_max_lag_seconds', [mirror], status.maxLagSeconds);
  addObjects(add, status);
  addRuns(add, status);
  addWatch(add, status);
  addVerify(add, status);
  addGuardAndLease(add, status);
}

function addObjects(add: Add, status: MirrorStatus): void {
  const { mirror, objects, queued, retrying, quarantined, held, skipped, running } = status;
  const report = latest(status);
  const { scannedBytes, excluded } = report ?? {};
  const failing = quarantined.length;
  const amounts = {
    stored: objects,
    in_sync: Math.max(0, objects - queued - failing - held),
    pending: queued,
    retrying,
    failing,
    held,
    excluded,
  };
  for (const [state, amount] of Object.entries(amounts))
    add('longshore_mirror_objects', [mirror, state], amount);
  if (report !== null)
    add('longshore_mirror_excluded_entries', [mirror], report.excludedEntries ?? 0);
  add('longshore_mirror_bytes', [mirror, 'source'], scannedBytes);
  const runningBytes = running.reduce((sum, { bytes }) => sum + bytes, 0);
  add('longshore_mirror_bytes', [mirror, 'running'], runningBytes);
  add('longshore_mirror_bytes', [mirror, 'pending'], status.queuedBytes);
  add('longshore_mirror_running_jobs', [mirror], running.length);
  for (const [reason, amount] of Object.entries(skipped))
    add('longshore_mirror_skipped_files', [mirror, reason], amount);
}

function addRuns(add: Add, { mirror, lastScan, lastReconcile }: MirrorStatus): void {
  for (const [run, report] of Object.entries({ scan: lastScan, reconcile: lastReconcile })) {
    add('longshore_mirror_last_success_timestamp_seconds', [mirror, run], endOf(report));
    add('longshore_mirror_last_run_duration_seconds', [mirror, run], report?.seconds);
  }
}

function addWatch(add: Add, { mirror, watch }: MirrorStatus): void {
  add('longshore_watch_losses_total', [mirror], watch?.losses);
  add('longshore_watch_folders', [mirror], watch?.directories);
  add('longshore_watch_degraded_folders', [mirror], watch?.degraded.length);
}

function addVerify(add: Add, { mirror, verify, health, lastReport, damaged }: MirrorStatus): void {
  const { verified } = health;
  add('longshore_verify_share_ratio', [mirror], verified?.share);
  add(
    'longshore_verify_oldest_proof_timestamp_seconds',
    [mirror],
    inSeconds(verified?.oldestProofMs),
  );
  add('longshore_verify_never_verified_objects', [mirror], verified?.neverVerified);
  const damagedObjects = verify?.damagedObjects ?? (lastReport && damaged.length);
  add('longshore_verify_damaged_objects', [mirror], damagedObjects ?? undefined);
  add('longshore_verify_unreadable_objects', [mirror], verify?.unreadable);
}

function addGuardAndLease(add: Add, { mirror, heldSinceMs, lease }: MirrorStatus): void {
  add('longshore_guard_holding', [mirror], heldSinceMs !== null);
  add('longshore_guard_held_since_timestamp_seconds', [mirror], inSeconds(heldSinceMs));
  add('longshore_lease_held', [mirror], lease?.held);
  add('longshore_lease_fence', [mirror], lease?.fence);
  add('longshore_lease_renewed_timestamp_seconds', [mirror], inSeconds(lease?.renewedAtMs));
}

/** Adds what was counted of a mirror. */
export function addMirrorCounts(
  { add, addDistribution }: FamilyCollector,
  mirror: string,
  counts: MirrorCounts,
): void {
  const success = 'longshore_mirror_last_success_timestamp_seconds';
  for (const [kind, { seconds, lastMs }] of counts.done) {
    const amount = seconds.counts.reduce((sum, each) => sum + each, 0);
    add('longshore_jobs_total', [mirror, kind, 'done'], amount);
    addDistribution('longshore_job_duration_seconds', [mirror, kind], seconds);
    add(success, [mirror, kind], inSeconds(lastMs));
  }
  add(success, [mirror, 'in_sync'], inSeconds(counts.inSyncAtMs));
  for (const [kind, amount] of counts.failed)
    add('longshore_jobs_total', [mirror, kind, 'failed'], amount);
  for (const [kind, amount] of counts.held)
    add('longshore_jobs_total', [mirror, kind, 'held'], amount);
  add('longshore_sent_bytes_total', [mirror], counts.sentBytes);
  for (const [runAndResult, amount] of counts.runs) {
    const [run = '', result = ''] = runAndResult.split(' ');
    add('longshore_runs_total', [mirror, run, result], amount);
  }
  for (const [run, result] of counts.lastRun)
    add('longshore_mirror_last_run_success', [mirror, run], result === 'complete');
  for (const [problem, amount] of counts.damage)
    add('longshore_damage_found_total', [mirror, problem], amount);
}

/** The report of the last run that saw the whole source. */
function latest({ lastScan, lastReconcile }: MirrorStatus): RunReport | null {
  if (lastScan === null || lastReconcile === null) return lastScan ?? lastReconcile;
  return lastScan.startedAtMs > lastReconcile.startedAtMs ? lastScan : lastReconcile;
}

/** Unix time at which a run ended. */
function endOf(report: RunReport | null): number | undefined {
  return report === null ? undefined : report.startedAtMs / 1000 + report.seconds;
}

function inSeconds(ms: number | null | undefined): number | undefined {
  return ms === null || ms === undefined ? undefined : ms / 1000;
}
