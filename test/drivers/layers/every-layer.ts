import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { limit } from '../../../src/drivers/layers/limit.js';
import { type Measurement, measure } from '../../../src/drivers/layers/measure.js';
import { retry } from '../../../src/drivers/layers/retry.js';
import { createThrottle } from '../../../src/drivers/layers/throttle.js';

/** As the daemon puts them on: a backoff holds no place, and every attempt is measured. */
export function wrapInEveryLayer(
  backend: Backend,
  report: (measurement: Measurement) => void = () => {},
): Backend {
  const measured = measure(backend, systemClock, report);
  const throttled = createThrottle({
    clock: systemClock,
    bytesPerSecond: () => 2 ** 30,
    callsPerSecond: () => 1e5,
  })(measured);
  const limited = limit(throttled, { clock: systemClock, concurrency: 16 });
  return retry(limited, { clock: systemClock, random: Math.random, baseMs: 1 });
}
