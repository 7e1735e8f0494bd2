import { type Clock, localTime } from './clock.js';
import type { TargetConfig } from './config/config.js';
import { valueAt } from './config/timetable.js';
import type { Layer } from './drivers/layers/layer.js';
import { limit } from './drivers/layers/limit.js';
import { type Measurement, measure } from './drivers/layers/measure.js';
import { retry } from './drivers/layers/retry.js';
import { throttle } from './drivers/layers/throttle.js';
import { untilDrained } from './drivers/layers/until-drained.js';
import { holdForAll } from './scale/hold-layer.js';
import type { SharedLimits } from './scale/shared-limits.js';
import type { CallEvent } from './telemetry/events.js';
import type { World } from './world.js';

/**
 * The layers around each backend of a target, from the inside out. All backends of a target share their limits; `shared`: with
 * the backends of other processes.
 */
export function targetLayers(
  { clock, telemetry, random }: Pick<World, 'clock' | 'telemetry' | 'random'>,
  config: TargetConfig,
  concurrency: number,
  drain: AbortSignal,
  limits: () => Pick<TargetConfig, 'bandwidth' | 'requestRate'> = () => config,
  shared?: SharedLimits,
): readonly Layer[] {
  const target = config.name;
  const draining = untilDrained(drain);
  const onCall = (measurement: Measurement) => telemetry.emit(callEvent(target, measurement));
  const onWait = (ms: number) => telemetry.emit({ event: 'wait', target, ms });
  const onLimit = (calls: number) =>
    telemetry.emit({ event: 'call-limit', target, calls, most: concurrency });
  onLimit(concurrency);
  return [
    // The time of an attempt, without its wait for the target's limits.
    measure(clock, onCall, () => telemetry.wants('call')),
    draining.inner,
    ...(shared === undefined ? [] : [holdForAll(shared, clock)]),
    ...configuredLimits(limits, clock, onWait, shared),
    limit({ clock, concurrency, onLimit }),
    draining.outer,
    retry({ clock, random, until: drain }), // a call that backs off holds no slot
  ];
}

function callEvent(target: string, { operation, ms, bytes, error }: Measurement): CallEvent {
  const failure = error instanceof Error ? error.name : String(error);
  return {
    event: 'call',
    target,
    operation,
    ms,
    bytes: bytes ?? null,
    error: error === undefined ? null : failure,
  };
}

/**
 * The layer that holds a target to its bandwidth and request rate; without either, none. `limits` is asked for each decision,
 * and has the same ones each time, with other values. `onWait` is called after each wait.
 */
export function configuredLimits(
  limits: () => Pick<TargetConfig, 'bandwidth' | 'requestRate'>,
  clock: Clock,
  onWait: (ms: number) => void = () => {},
  shared?: Pick<SharedLimits, 'bucket'>,
): readonly Layer[] {
  const { bandwidth, requestRate } = limits();
  if (bandwidth === undefined && requestRate === undefined) return [];
  const bytesPerSecond = () => {
    const now = limits().bandwidth;
    return now === undefined ? Number.POSITIVE_INFINITY : valueAt(now, localTime(clock.now()));
  };
  return [
    throttle({
      clock,
      bytesPerSecond: bandwidth && bytesPerSecond,
      callsPerSecond:
        requestRate === undefined
          ? undefined
          : () => limits().requestRate ?? Number.POSITIVE_INFINITY,
      open: shared?.bucket,
      onWait,
    }),
  ];
}
