import type { LeaseStatus } from '../../src/lease/lease.js';
import type { RunReport } from '../../src/state/ledger.js';
import type { DaemonStatus } from '../../src/status/snapshot.js';
import type { TargetStatus } from '../../src/status/target-meter.js';
import type { JobKind, MirrorStatus, SkipReason, SyncEvent } from '../../src/sync/events.js';
import type { HeldDescription } from '../../src/sync/guard/guard.js';
import type {
  MirrorHealth,
  ProofStatus,
  VerifiedShare,
  VerifyStatus,
} from '../../src/sync/verify-status.js';
import type { WatchState } from '../../src/watcher/watcher.js';

// The names of the JSON output, as lists. The compiler refuses one that the types do not have, and a list that lacks one.

type EveryKey<T> = Readonly<Record<keyof T, true>>;
type Printed = Exclude<
  SyncEvent,
  { event: 'progress' | 'hint' | 'damage-found' | 'mirror-health' }
>;
type FieldsOf<E extends Printed['event']> = Exclude<
  keyof Extract<Printed, { event: E }>,
  'event' | 'mirror' | 'planned'
>;

const names = <K extends string>(each: Readonly<Record<K, true>>): readonly string[] =>
  Object.keys(each);

const runEnds = { run: true, report: true, complete: true } as const;
const jobs = { job: true, name: true, why: true, bytes: true } as const;
const events: { readonly [E in Printed['event']]: Readonly<Record<FieldsOf<E>, true>> } = {
  'run-started': { run: true, why: true },
  planned: jobs,
  done: { ...jobs, seconds: true },
  failed: { job: true, name: true, error: true, attempt: true, retryInMs: true, passing: true },
  skipped: { path: true, reason: true, detail: true },
  held: { job: true, name: true },
  guard: { holding: true, why: true },
  'run-finished': runEnds,
  'report-collected': { host: true, shard: true, proven: true, doubtful: true, ignored: true },
  'trash-purged': { objects: true, bytes: true },
  'state-changed': { state: true, why: true },
};

/** Fields of each event that `--json` prints, beside `event` and `mirror`. */
export const EVENTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(events).map(([event, fields]) => [event, Object.keys(fields)]),
);

export const JOBS = names<JobKind>({
  upload_object: true,
  copy_object: true,
  delete_object: true,
  adopt: true,
  refresh_metadata: true,
  forget: true,
});

export const REASONS = names<SkipReason>({
  unreadable: true,
  vanished: true,
  'special-file': true,
  'name-not-utf8': true,
  'name-too-long': true,
  'name-clash': true,
  'name-refused': true,
  'link-skipped': true,
  'link-dangling': true,
  'link-loop': true,
  'link-outside': true,
  'other-file-system': true,
  'not-mounted': true,
  'pattern-malformed': true,
  'too-large': true,
  extraneous: true,
  'overwrite-refused': true,
  'delete-withheld': true,
  'object-damaged': true,
  'object-missing': true,
  'plan-outdated': true,
  'not-in-trash': true,
  'attributes-skipped': true,
});

const report: EveryKey<RunReport> = {
  startedAtMs: true,
  seconds: true,
  scanned: true,
  uploaded: true,
  copied: true,
  deleted: true,
  adopted: true,
  refreshed: true,
  unchanged: true,
  failed: true,
  skipped: true,
  held: true,
  bytes: true,
  kept: true,
  scannedBytes: true,
  excluded: true,
  excludedEntries: true,
};
export const REPORT = names(report);

const daemon: EveryKey<DaemonStatus> = {
  version: true,
  pid: true,
  startedAtMs: true,
  configFile: true,
  lastReload: true,
  mirrors: true,
  targets: true,
  queue: true,
};
export const DAEMON = names(daemon);

const target: EveryKey<TargetStatus> = { target: true, atOnce: true, lastMinute: true };
export const TARGET = names(target);

const mirror: EveryKey<MirrorStatus> = {
  mirror: true,
  source: true,
  target: true,
  container: true,
  prefix: true,
  deletes: true,
  state: true,
  why: true,
  objects: true,
  scanning: true,
  queued: true,
  queuedBytes: true,
  running: true,
  retrying: true,
  quarantined: true,
  skipped: true,
  held: true,
  heldWhy: true,
  heldSinceMs: true,
  lease: true,
  lagSeconds: true,
  maxLagSeconds: true,
  watch: true,
  lastScan: true,
  lastReconcile: true,
  verify: true,
  lastReport: true,
  damaged: true,
  health: true,
  totals: true,
};
export const MIRROR = names(mirror);

const lease: EveryKey<LeaseStatus> = {
  held: true,
  fence: true,
  renewedAtMs: true,
  renewsWhenUsed: true,
};
const watch: EveryKey<WatchState> = {
  engine: true,
  directories: true,
  degraded: true,
  losses: true,
};
const verify: EveryKey<VerifyStatus> = {
  withinSeconds: true,
  bytesPerSecond: true,
  proofs: true,
  damaged: true,
  damagedObjects: true,
  unreadable: true,
  neededBytesPerSecond: true,
};
const proofs: EveryKey<ProofStatus> = {
  objects: true,
  bytes: true,
  verifiedObjects: true,
  verifiedBytes: true,
  neverVerified: true,
  oldestProofMs: true,
  bytesByAge: true,
  oldestUnverified: true,
};
const health: EveryKey<MirrorHealth> = {
  lagSeconds: true,
  lastReconcileMs: true,
  eventsLost: true,
  verified: true,
};
const verified: EveryKey<VerifiedShare> = {
  share: true,
  withinSeconds: true,
  neverVerified: true,
  oldestProofMs: true,
};
const totals: EveryKey<MirrorStatus['totals']> = {
  uploaded: true,
  copied: true,
  deleted: true,
  failed: true,
  bytes: true,
};
const running: EveryKey<MirrorStatus['running'][number]> = {
  job: true,
  name: true,
  bytes: true,
  seconds: true,
  objects: true,
  sent: true,
  parts: true,
  bytesPerSecond: true,
};
const quarantined: EveryKey<MirrorStatus['quarantined'][number]> = {
  name: true,
  reason: true,
  error: true,
  attempts: true,
  sinceMs: true,
  nextTryMs: true,
};
const held: EveryKey<HeldDescription> = {
  id: true,
  sinceMs: true,
  why: true,
  deletes: true,
  overwrites: true,
  foreign: true,
};

const atOnce: EveryKey<TargetStatus['atOnce']> = { now: true, most: true };
const lastMinute: EveryKey<TargetStatus['lastMinute']> = {
  calls: true,
  failed: true,
  throttled: true,
  bytes: true,
  waits: true,
  waitSeconds: true,
};

/** Fields of what a target's status holds in its own fields. */
export const NESTED_IN_TARGET: ReadonlyMap<string, readonly string[]> = new Map([
  ['atOnce', names(atOnce)],
  ['lastMinute', names(lastMinute)],
]);

/** Fields of what a mirror's status holds in its own fields, and of the summary of `held`. */
export const NESTED: ReadonlyMap<string, readonly string[]> = new Map([
  ['lease', names(lease)],
  ['watch', names(watch)],
  ['totals', names(totals)],
  ['verify', [...names(verify), ...names(proofs)]],
  ['health', [...names(health), ...names(verified)]],
  ['running', names(running)],
  ['quarantined', names(quarantined)],
]);
export const HELD = names(held);
