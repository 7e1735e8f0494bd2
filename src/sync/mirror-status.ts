import type { Quarantined } from '../state/ledger.js';
import type { ObjectName } from '../state/object-index.js';
import type { WatchState } from '../watcher/watcher.js';
import type { MirrorStatus } from './events.js';
import type { Guard } from './guard/guard.js';
import type { MirrorBoard } from './mirror-board.js';
import type { MirrorParts } from './mirror-parts.js';
import type { Pending } from './pending.js';
import type { Quarantine } from './quarantine.js';

export interface MirrorNow {
  readonly parts: Pick<MirrorParts, 'settings' | 'index' | 'ledger' | 'guard' | 'lease' | 'health' | 'clock'>;
  readonly board: Pick<MirrorBoard, 'snapshot'>;
  readonly pending: Pick<Pending, 'size' | 'oldestMs'>;
  readonly quarantine: Pick<Quarantine, 'all'>;
  readonly retrying: number;
  readonly watch: WatchState | null;
}

/** What somebody is told who asks how a mirror is. */
export function statusOf({ parts, board, pending, quarantine, retrying, watch }: MirrorNow): MirrorStatus {
  const { settings, index, ledger, guard, lease, health, clock } = parts;
  const { name: mirror, source, target, container, prefix, policy } = settings;
  const { lastScan = null, lastReconcile = null } = ledger.read();
  const oldestMs = pending.oldestMs();
  return {
    mirror,
    source,
    target,
    container,
    prefix,
    deletes: policy.deletes,
    ...board.snapshot(),
    ...(health.trouble ? { state: 'target-down', why: health.trouble.message } : {}),
    objects: index.count(),
    queued: pending.size,
    retrying,
    quarantined: [...quarantine.all].map(asGivenUp),
    held: total(guard.held),
    heldWhy: guard.holding?.why ?? '',
    heldSinceMs: guard.holding?.sinceMs ?? null,
    lease: lease.status(),
    lagSeconds: oldestMs === undefined ? 0 : Math.max(0, (clock.now() - oldestMs) / 1_000),
    watch,
    lastScan,
    lastReconcile,
  };
}

function asGivenUp([name, given]: readonly [ObjectName, Quarantined]): MirrorStatus['quarantined'][number] {
  const { reason, error, attempts, sinceMs, nextTryMs = null } = given;
  return { name, reason, error, attempts, sinceMs, nextTryMs };
}

function total({ deletes, overwrites, foreign }: Guard['held']): number {
  return deletes + overwrites + foreign;
}
