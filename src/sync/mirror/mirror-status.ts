import type { Quarantined } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import type { WatchState } from '../../watcher/watcher.js';
import type { MirrorStatus } from '../events.js';
import type { Guard } from '../guard/guard.js';
import type { VerifyStatus } from '../verify-status.js';
import type { Pending } from '../work/pending.js';
import type { Quarantine } from '../work/quarantine.js';
import { healthOf } from './mirror-health.js';
import type { MirrorParts } from './mirror-parts.js';
import type { Condition } from './mirror-state.js';
import type { MirrorStats } from './mirror-stats.js';
import type { UnsentNames } from './unsent-names.js';

export interface MirrorNow {
  readonly parts: Pick<MirrorParts, 'settings' | 'index' | 'ledger' | 'guard' | 'lease'>;
  readonly stats: Pick<MirrorStats, 'snapshot'>;
  readonly pending: Pick<Pending, 'size' | 'bytes' | 'dropped' | 'names'>;
  readonly unsent: Pick<UnsentNames, 'size' | 'isMarked'>;
  readonly quarantine: Pick<Quarantine, 'all'>;
  readonly retrying: number;
  readonly scanning: boolean;
  readonly watch: WatchState | null;
  readonly condition: Condition;
  readonly lagSeconds: number | null;
  readonly verify: VerifyStatus | null;
  readonly lastReport: MirrorStatus['lastReport'];
  readonly damaged: MirrorStatus['damaged'];
}

/** What a mirror answers when it is asked how it is. */
export function statusOf({
  parts,
  stats,
  pending,
  unsent,
  quarantine,
  retrying,
  scanning,
  watch,
  condition,
  lagSeconds,
  verify,
  lastReport,
  damaged,
}: MirrorNow): MirrorStatus {
  const { settings, index, ledger, guard, lease } = parts;
  const { name: mirror, source, target, container, prefix, policy } = settings;
  const { lastScan = null, lastReconcile = null } = ledger.read();
  return {
    mirror,
    source,
    target,
    container,
    prefix,
    deletes: policy.deletes,
    ...stats.snapshot(),
    ...condition,
    objects: arrived(index, { pending, quarantine, unsent }),
    scanning,
    queued: pending.size,
    queuedBytes: pending.bytes,
    retrying,
    quarantined: [...quarantine.all].map(asQuarantined),
    held: total(guard.held),
    heldWhy: guard.holding?.why ?? '',
    heldSinceMs: guard.holding?.sinceMs ?? null,
    lease: lease.status(),
    lagSeconds,
    maxLagSeconds: settings.maxLagMs === 0 ? null : settings.maxLagMs / 1000,
    watch,
    lastScan,
    lastReconcile,
    verify,
    lastReport,
    damaged,
    health: healthOf(lagSeconds, lastReconcile, watch, verify),
  };
}

/** Names with unfinished work up to which each is looked at. */
const FEW = 1_000;

/**
 * The number of objects that the container has in some version. A record without one is a mark that the first version is to be
 * sent: the work on it waits, runs, was dropped or has failed. Of more than FEW such names, the marks count that are known: those
 * of this process, and of failing objects.
 */
function arrived(
  index: Pick<MirrorNow['parts']['index'], 'count'>,
  { pending, quarantine, unsent }: Pick<MirrorNow, 'pending' | 'quarantine' | 'unsent'>,
): number {
  for (const name of quarantine.all.keys()) unsent.isMarked(name);
  if (pending.size + pending.dropped <= FEW)
    for (const name of pending.names()) unsent.isMarked(name);
  return index.count() - unsent.size;
}

function asQuarantined([name, given]: readonly [
  ObjectName,
  Quarantined,
]): MirrorStatus['quarantined'][number] {
  const { reason, error, attempts, sinceMs, nextTryMs = null } = given;
  return { name, reason, error, attempts, sinceMs, nextTryMs };
}

function total({ deletes, overwrites, extraneous }: Guard['held']): number {
  return deletes + overwrites + extraneous;
}
