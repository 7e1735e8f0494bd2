import type { ApiStatus, Attention, MirrorSummary } from '../../src/page/api.js';
import type { PageModel } from '../../src/page/model.js';

/** 2026-10-13 14:02:33 in Berlin. */
export const NOW = Date.UTC(2026, 9, 13, 12, 2, 33);
export const ZONE = 'Europe/Berlin';

export function mirrorRow(mirror: string, over: Partial<MirrorSummary> = {}): MirrorSummary {
  return {
    mirror,
    target: 'offsite',
    state: 'in-sync',
    why: '',
    sinceMs: NOW - 3_600_000,
    currentToMs: NOW - 2_000,
    lagSeconds: 2,
    lagTargetSeconds: 900,
    objects: 1_000,
    bytes: 1_048_576,
    queued: 0,
    queuedBytes: 0,
    emptyAtMs: null,
    held: 0,
    quarantined: 0,
    pausedUntilMs: null,
    readBackShare: null,
    lastReconcile: null,
    ...over,
  };
}

export function statusOf(
  mirrors: readonly MirrorSummary[],
  attention: readonly Attention[] = [],
): ApiStatus {
  const known = mirrors.map(({ currentToMs }) => currentToMs);
  return {
    version: '1.2.0',
    host: 'nas-01',
    pid: 2071,
    startedAtMs: NOW - 86_400_000,
    nowMs: NOW,
    eventId: 'b7f2-1',
    currentToMs: known.includes(null) ? null : Math.min(...known.map(Number)),
    attention,
    mirrors,
  };
}

export function held(mirror: string, text = '1,284 deletes wait for a decision'): Attention {
  return { kind: 'held', mirror, target: null, needsYou: true, text, sinceMs: NOW - 1_260_000 };
}

export function modelOf(status: ApiStatus, over: Partial<PageModel> = {}): PageModel {
  return {
    place: { page: 'overview' },
    zone: ZONE,
    nowMs: NOW,
    role: 'decide',
    link: { state: 'live' },
    status,
    lags: {},
    days: {},
    targets: [],
    throughput: {},
    ...over,
  };
}
