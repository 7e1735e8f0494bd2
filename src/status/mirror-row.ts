import { differencesIn } from '../sync/differences.js';
import type { MirrorStatus } from '../sync/events.js';
import { type AttentionFacts, isBehind } from './attention.js';
import type { MirrorControl, QueueFigures } from './mirror-control.js';
import type { MirrorMeter } from './mirror-meter.js';
import type { MirrorRow } from './schema-status.js';

/** A larger lag counts as behind, where the configuration says nothing else. */
export const DEFAULT_LAG_TARGET_SECONDS = 900;

export interface RowSources {
  readonly status: MirrorStatus;
  readonly figures: Pick<
    QueueFigures,
    'queuedBytes' | 'source' | 'excludedJump' | 'unfinishedUploads'
  >;
  readonly pausedUntilMs: number | null;
  readonly meter: Pick<MirrorMeter, 'stateSinceMs' | 'bytesPerSecond' | 'objectsPerSecond'>;
  readonly lagTargetSeconds: number;
  readonly nowMs: number;
}

/** Gathers what the row of a mirror follows from. */
export function sourcesOf(
  control: MirrorControl,
  meter: RowSources['meter'],
  nowMs: number,
): RowSources {
  return {
    status: control.status(),
    figures: control.figures(),
    pausedUntilMs: control.pausedUntilMs(),
    meter,
    lagTargetSeconds: control.settings.lagTargetSeconds ?? DEFAULT_LAG_TARGET_SECONDS,
    nowMs,
  };
}

/** Pure: one mirror in the status of the control API. */
export function rowOf(sources: RowSources): MirrorRow {
  const { status, figures, pausedUntilMs, meter, lagTargetSeconds, nowMs } = sources;
  const { mirror, health, lastReconcile } = status;
  const lagSeconds = status.lagSeconds === null ? null : Math.floor(status.lagSeconds);
  const lag = { lagSeconds, lagTargetSeconds };
  return {
    mirror,
    target: status.target,
    state: isBehind(lag) && WORKING.has(status.state) ? 'behind' : status.state,
    why: status.why,
    sinceMs: meter.stateSinceMs(mirror),
    currentToMs: lagSeconds === null ? null : Math.round(nowMs - lagSeconds * 1_000),
    ...lag,
    objects: status.objects,
    bytes: figures.source?.bytes ?? null,
    queued: status.queued,
    queuedBytes: figures.queuedBytes,
    emptyAtMs: emptyAtMs(sources),
    held: status.held,
    quarantined: status.quarantined.length,
    pausedUntilMs,
    readBackShare: health.verified?.share ?? null,
    lastReconcile: lastReconcile && {
      startedAtMs: lastReconcile.startedAtMs,
      seconds: lastReconcile.seconds,
      differences: differencesIn(lastReconcile),
    },
  };
}

/** States in which a mirror works off what waits. */
const WORKING: ReadonlySet<string> = new Set(['scanning', 'transferring']);

/** By bytes while files wait, else by the number of objects. */
function emptyAtMs({ status, figures, meter, nowMs }: RowSources): number | null {
  const { mirror, queued } = status;
  if (queued === 0) return null;
  const bytesPerSecond = meter.bytesPerSecond(mirror);
  const objectsPerSecond = meter.objectsPerSecond(mirror);
  if (objectsPerSecond === 0) return null;
  const byBytes = bytesPerSecond === 0 ? 0 : figures.queuedBytes / bytesPerSecond;
  return Math.round(nowMs + Math.max(byBytes, queued / objectsPerSecond) * 1_000);
}

/** What the attention of a mirror follows from. */
export function attentionFactsOf({ status, figures }: RowSources, row: MirrorRow): AttentionFacts {
  const since = status.quarantined.map(({ sinceMs }) => sinceMs);
  return {
    row,
    state: status.state,
    heldSinceMs: status.heldSinceMs,
    heldWhy: status.heldWhy,
    degradedFolders: status.watch?.degraded.length ?? 0,
    quarantinedSinceMs: since.length === 0 ? null : Math.min(...since),
    excludedJump: figures.excludedJump,
  };
}
