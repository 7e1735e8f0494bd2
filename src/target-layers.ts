import { type Clock, localTime } from './clock.js';
import type { TargetConfig } from './config/config.js';
import { valueAt } from './config/timetable.js';
import type { Backend } from './drivers/backend.js';
import { createLimiter } from './drivers/layers/limit.js';
import { measure } from './drivers/layers/measure.js';
import { readOnly } from './drivers/layers/read-only.js';
import { retry } from './drivers/layers/retry.js';
import { createThrottle } from './drivers/layers/throttle.js';
import { untilDrained } from './drivers/layers/until-drained.js';
import type { World } from './world.js';

export interface LayerOptions {
  readonly world: World;
  readonly dryRun: boolean;
  readonly drain: AbortSignal;
}

/** The layers around each backend of a target. All backends of a target share their limits. */
export function targetLayers(
  { world: { clock, log }, dryRun, drain }: LayerOptions,
  target: TargetConfig,
  concurrency: number,
  step: () => void,
): (backend: Backend) => Backend {
  const limited = createLimiter({ clock, concurrency });
  const slowed = throttled(target, clock, step);
  const draining = untilDrained(drain);
  return (backend) => {
    // From the inside out: the measured time of an attempt excludes its wait for the target's limits; a call that backs off
    // holds no slot; the calls of a dry run that would change something reach no layer.
    const limits = draining.around(limited(slowed(draining.within(measure(backend, clock, step)))));
    const working = retry(limits, { clock, random: Math.random, until: drain });
    return dryRun
      ? readOnly(working, ({ operation, container, key }) =>
          log.debug('suppressed', { operation, container, key }),
        )
      : working;
  };
}

/** The layer that holds a target to its configured bandwidth and request rate; without either, no layer. `passed` is called for each call or chunk. */
export function throttled(
  { bandwidth, requestRate }: Pick<TargetConfig, 'bandwidth' | 'requestRate'>,
  clock: Clock,
  passed: () => void = () => {},
): (backend: Backend) => Backend {
  if (bandwidth === undefined && requestRate === undefined) return (backend) => backend;
  return createThrottle({
    clock,
    bytesPerSecond: bandwidth && (() => valueAt(bandwidth, localTime(clock.now()))),
    callsPerSecond: requestRate === undefined ? undefined : () => requestRate,
    passed,
  });
}
