import type { MirrorState, MirrorStatus } from '../sync/events.js';
import type { DaySample } from './day-ring.js';

/** States in which nothing of a mirror goes out. */
const DOWN: ReadonlySet<MirrorState> = new Set([
  'source-missing',
  'source-changed',
  'target-down',
  'target-changed',
  'target-denied',
  'target-full',
  'lease-lost',
  'target-held',
  'state-unavailable',
]);

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
