import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { limit } from '../../../src/drivers/layers/limit.js';
import { type Measurement, measure } from '../../../src/drivers/layers/measure.js';
import { retry } from '../../../src/drivers/layers/retry.js';
import { throttle } from '../../../src/drivers/layers/throttle.js';

/** As the daemon puts them on: a backoff holds no place, and every attempt is measured. */
export function wrapInEveryLayer(
  backend: Backend,
  report: (measurement: Measurement) => void = () => {},
): Backend {
  return layered(backend, [
    measure(systemClock, report),
    throttle({
      clock: systemClock,
      bytesPerSecond: () => 2 ** 30,
      callsPerSecond: () => 1e5,
    }),
    limit({ clock: systemClock, concurrency: 16 }),
    retry({ clock: systemClock, random: Math.random, baseMs: 1 }),
  ]);
}
