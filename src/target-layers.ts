import { type Clock, localTime } from './clock.js';
import type { TargetConfig } from './config/config.js';
import { valueAt } from './config/timetable.js';
import type { Layer } from './drivers/layers/layer.js';
import { limit } from './drivers/layers/limit.js';
import { measure } from './drivers/layers/measure.js';
import { retry } from './drivers/layers/retry.js';
import { throttle } from './drivers/layers/throttle.js';
import { untilDrained } from './drivers/layers/until-drained.js';
import type { World } from './world.js';

export interface LayerOptions {
  readonly world: World;
  readonly drain: AbortSignal;
  /** Called when a call to the provider ends, and after each wait for the target's limits. */
  readonly step: () => void;
}

/** The layers around each backend of a target, from the inside out. All backends of a target share their limits. */
export function targetLayers(
  { world: { clock }, drain, step }: LayerOptions,
  target: TargetConfig,
  concurrency: number,
): readonly Layer[] {
  const draining = untilDrained(drain);
  return [
    measure(clock, step), // the time of an attempt, without its wait for the target's limits
    draining.inner,
    ...configuredLimits(target, clock, step),
    limit({ clock, concurrency }),
    draining.outer,
    retry({ clock, random: Math.random, until: drain }), // a call that backs off holds no slot
  ];
}

/** The layer that holds a target to its configured bandwidth and request rate; without either, none. `onWait` is called after each wait. */
export function configuredLimits(
  { bandwidth, requestRate }: Pick<TargetConfig, 'bandwidth' | 'requestRate'>,
  clock: Clock,
  onWait: (ms: number) => void = () => {},
): readonly Layer[] {
  if (bandwidth === undefined && requestRate === undefined) return [];
  return [
    throttle({
      clock,
      bytesPerSecond: bandwidth && (() => valueAt(bandwidth, localTime(clock.now()))),
      callsPerSecond: requestRate === undefined ? undefined : () => requestRate,
      onWait,
    }),
  ];
}
