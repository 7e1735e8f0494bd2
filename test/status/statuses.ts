import type { RunReport } from '../../src/state/ledger.js';
import type { QueueStatus, WorkerRow } from '../../src/status/schema-workers.js';
import type { DaemonStatus } from '../../src/status/snapshot.js';
import type { TargetStatus } from '../../src/status/target-meter.js';
import type { MirrorStatus } from '../../src/sync/events.js';

/** A daemon with one quiet mirror, but for what is given. */
export function daemonStatus(different: Partial<DaemonStatus> = {}): DaemonStatus {
  return {
    version: '0.1.0',
    pid: 4711,
    startedAtMs: 1_800_000_000_000,
    configFile: '/etc/longshore/longshore.yaml',
    mirrors: [mirrorStatus()],
    targets: [],
    ...different,
  };
}

export function targetStatus(different: Partial<TargetStatus> = {}): TargetStatus {
  const lastMinute = { calls: 0, failed: 0, throttled: 0, bytes: 0, waits: 0, waitSeconds: 0 };
  return { target: 'vault', atOnce: { now: 16, most: 16 }, lastMinute, ...different };
}

export function mirrorStatus(different: Partial<MirrorStatus> = {}): MirrorStatus {
  return {
    mirror: 'documents',
    source: '/home/ann/documents',
    target: 'vault',
    container: 'documents',
    prefix: '',
    deletes: 'mirror',
    state: 'in-sync',
    why: '',
    objects: 12,
    scanning: false,
    queued: 0,
    queuedBytes: 0,
    running: [],
    retrying: 0,
    quarantined: [],
    skipped: {},
    held: 0,
    lease: null,
    heldWhy: '',
    heldSinceMs: null,
    lagSeconds: 0,
    maxLagSeconds: null,
    watch: { engine: 'chokidar', directories: 3, degraded: [], losses: 0 },
    lastScan: null,
    lastReconcile: null,
    verify: null,
    lastReport: null,
    damaged: [],
    health: { lagSeconds: 0, lastReconcileMs: null, eventsLost: 0, verified: null },
    totals: { uploaded: 0, copied: 0, deleted: 0, failed: 0, bytes: 0 },
    ...different,
  };
}

export function report(different: Partial<RunReport> = {}): RunReport {
  const zero = {
    scanned: 0,
    uploaded: 0,
    copied: 0,
    deleted: 0,
    adopted: 0,
    unchanged: 0,
    failed: 0,
    skipped: 0,
    held: 0,
    bytes: 0,
  };
  return { startedAtMs: 1_800_000_000_000, seconds: 0, ...zero, ...different };
}

export function queueStatus(different: Partial<QueueStatus> = {}): QueueStatus {
  return {
    up: true,
    jobs: { waiting: 3, active: 2, done: 1_200 },
    oldestMs: 4_000,
    workers: [workerRow()],
    changedHands: 0,
    fenced: 0,
    redone: 0,
    refusedAnswers: 0,
    conflicts: 0,
    ...different,
  };
}

export function workerRow(different: Partial<WorkerRow> = {}): WorkerRow {
  return {
    id: 'nas2:4711',
    host: 'nas2',
    version: '1.2.0',
    protocol: 1,
    mirrors: ['documents', 'photos'],
    jobs: 2,
    objects: 123_456,
    bytes: 3 * 2 ** 30,
    objectsPerSecond: 812.4,
    lastSignAtMs: 1_800_000_000_000 - 3_000,
    refusals: [],
    ...different,
  };
}
