import type { MirrorState, MirrorStatus } from '../sync/events.js';
import { STOPPED_STATES } from '../sync/mirror-states.js';
import type { DaySample } from './day-ring.js';

const DOWN: ReadonlySet<MirrorState> = new Set(STOPPED_STATES);

type Sampled = Pick<MirrorStatus, 'state' | 'lagSeconds' | 'held' | 'watch'>;

/** How a mirror is at this moment, as its day counts it; undefined: it is comparing, and its lag is not known yet. */
export function daySampleOf(
  { state, lagSeconds, held, watch }: Sampled,
  targetSeconds: number,
): Omit<DaySample, 'day' | 'seconds'> | undefined {
  const isDown = DOWN.has(state);
  if (lagSeconds === null && !isDown) return undefined;
  const lag = Math.max(0, lagSeconds ?? 0);
  const isWithin = !isDown && lag <= targetSeconds;
  const condition = !isWithin
    ? 'behind'
    : held > 0
      ? 'held'
      : (watch?.degraded.length ?? 0) > 0
        ? 'degraded'
        : 'within';
  return { condition, lagSeconds: lag, isWithin };
}
