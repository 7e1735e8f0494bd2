import { type Clock, localTime } from './clock.js';
import type { TargetConfig } from './config/config.js';
import { valueAt } from './config/timetable.js';
import type { Backend } from './drivers/backend.js';
import { createThrottle } from './drivers/layers/throttle.js';

/** The layer that keeps to what the configuration allows a target each second; none where it says nothing. */
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
