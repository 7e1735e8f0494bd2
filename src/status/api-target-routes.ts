import type { Clock } from '../clock.js';
import { API, type ApiRoute, ok } from './api.js';
import { type PauseControl, refuseUnknownTarget } from './api-pause-routes.js';
import type { MirrorControl } from './mirror-control.js';
import type { TargetCallsAnswer, TargetRow } from './schema-targets.js';
import type { TargetCalls } from './target-calls.js';
import type { TargetStatus } from './target-meter.js';

export interface TargetRoutesOptions {
  readonly mirrors: readonly MirrorControl[];
  readonly rows: () => readonly TargetRow[];
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** `GET /targets`, and one small request to a target. */
export function targetRoutes({ mirrors, rows, clock }: TargetRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/targets`,
      needs: 'read',
      answer: () => ok({ targets: rows() }),
    },
    {
      method: 'POST',
      path: `${API}/targets/:target/probe`,
      needs: 'decide',
      async answer({ params: { target = '' }, signal }) {
        refuseUnknownTarget(mirrors, target);
        const control = mirrors.find(({ settings }) => settings.target === target);
        const startedMs = clock.monotonic();
        const error = await control?.probeTarget(signal).then(
          () => undefined,
          (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
        );
        const seconds = (clock.monotonic() - startedMs) / 1_000;
        return ok({ up: error === undefined, seconds, ...(error !== undefined && { error }) });
      },
    },
  ];
}

const PER_MINUTE = 60;

/** The targets that mirrors name, in the order in which they were opened. `recorded`: what is kept of one; undefined: nothing is. */
export function targetRows(
  statuses: readonly TargetStatus[],
  mirrors: readonly MirrorControl[],
  calls: Pick<TargetCalls, 'of'>,
  pauses: Pick<PauseControl, 'untilOf'>,
  recorded: (target: string) => TargetCallsAnswer | undefined,
): readonly TargetRow[] {
  return statuses.map(({ target, atOnce, lastMinute }) => {
    const own = mirrors.filter(({ settings }) => settings.target === target);
    const trouble = own.map((control) => control.targetTrouble()).find((why) => why !== undefined);
    const pausedUntilMs = pauses.untilOf({ kind: 'target', name: target }) ?? null;
    const { latencySeconds, throughput } = calls.of(target);
    const { errors24h = {}, month = null } = recorded(target) ?? {};
    return {
      target,
      state: trouble !== undefined ? 'down' : pausedUntilMs !== null ? 'paused' : 'up',
      why: trouble ?? '',
      pausedUntilMs,
      mirrors: own.map(({ settings }) => settings.name),
      bytesPerSecond: Math.round(lastMinute.bytes / PER_MINUTE),
      requestsPerSecond: Math.round((lastMinute.calls / PER_MINUTE) * 10) / 10,
      failedPerMinute: lastMinute.failed,
      throttledPerMinute: lastMinute.throttled,
      atOnce: { ...atOnce },
      latencySeconds: latencySeconds ?? null,
      errors24h,
      month,
      throughput: [...throughput],
    };
  });
}
