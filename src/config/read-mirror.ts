import { complaintsBelow, type Reading } from './complaint.js';
import type { MirrorConfig } from './config.js';
import type { PlacedMirror } from './cross-checks.js';
import { type Infer, read } from './fields.js';
import type { mirrorSection } from './schema.js';

/** Reads one entry of `mirrors`. `position` counts from 0; complaints name it. */
export function readMirror(
  schema: ReturnType<typeof mirrorSection>,
  written: unknown,
  position: number,
  realPath: (path: string) => string,
): Reading<PlacedMirror> {
  const reading = read(schema, written);
  if (reading.complaints !== undefined)
    return { complaints: complaintsBelow(['mirrors', position], reading) };
  const mirror = mirrorOf(reading.value);
  return { value: { mirror, position, source: realPath(mirror.source) } };
}

function mirrorOf(written: Infer<typeof mirrorSection>): MirrorConfig {
  const {
    create_source,
    chokidar_limit,
    settle,
    settle_limit,
    rescan,
    reconcile,
    lease,
    prefix,
    guard,
    verify,
    trash_prefix,
    trash_keep,
    index_snapshot,
    max_lag,
    heartbeat,
    listing,
    ...same
  } = written;
  return {
    ...same,
    prefix: asFolder(prefix),
    trashPrefix: asFolder(trash_prefix),
    trashKeepMs: trash_keep,
    createSource: create_source,
    guard:
      guard === 'off'
        ? undefined
        : {
            count: guard.count,
            share: guard.percentage,
            atLeast: guard.at_least,
            windowMs: guard.window,
          },
    verify:
      verify === 'off'
        ? undefined
        : {
            withinMs: verify.within,
            bytesPerSecond: verify.bandwidth,
            by: verify.by,
            heal: verify.heal,
            keepDamaged: verify.keep_damaged,
          },
    chokidarLimit: chokidar_limit,
    settleMs: settle,
    settleLimitMs: settle_limit,
    rescanMs: rescan,
    reconcileMs: reconcile,
    leaseMs: lease,
    maxLagMs: max_lag,
    heartbeat,
    indexSnapshot: snapshotRule(index_snapshot),
    inventory: inventoryRule(listing),
  };
}

function inventoryRule(listing: Infer<typeof mirrorSection>['listing']): MirrorConfig['inventory'] {
  if (listing === 'provider') return undefined;
  const { max_age, prefix, ...same } = listing.inventory;
  return { ...same, prefix: asFolder(prefix), maxAgeMs: max_age };
}

const DAY_MS = 86_400_000;

/** 0: auto. */
function snapshotRule(everyMs: number): MirrorConfig['indexSnapshot'] {
  if (everyMs === 0) return { everyMs: DAY_MS, ofSmall: false };
  return everyMs === Number.POSITIVE_INFINITY ? undefined : { everyMs, ofSmall: true };
}

function asFolder(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}
