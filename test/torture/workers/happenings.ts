import type { Happening, Scene } from './happening.js';
import { leaseTakenOver } from './lease-happenings.js';
import * as processes from './process-happenings.js';
import * as redis from './redis-happenings.js';
import * as shares from './share-happenings.js';

/** What befalls the processes of a scene. */
export const HAPPENINGS = {
  'worker killed': processes.workerKilled,
  'worker frozen': processes.workerFrozen,
  'worker frozen after its fence was asked': processes.workerFrozenAfterItsFence,
  'daemon killed': processes.daemonKilled,
  'daemon stopped': processes.daemonStopped,
  'daemon frozen': processes.daemonFrozen,
  'lease taken over by another machine': leaseTakenOver,
  'Redis killed': redis.redisKilled,
  'Redis away': redis.redisAway,
  'Redis emptied': redis.redisEmptied,
  'Redis set back': redis.redisSetBack,
  'Redis frozen': redis.redisFrozen,
  'Redis full': redis.redisFull,
  'share unmounted': shares.shareUnmounted,
  'share mounted again': shares.shareMountedAgain,
  'another tree mounted': shares.otherTreeMounted,
  'share stale': shares.shareStale,
  'share frozen': shares.shareFrozen,
} satisfies Record<string, Happening>;

export type HappeningName = keyof typeof HAPPENINGS;
export const HAPPENING_NAMES = Object.keys(HAPPENINGS) as readonly HappeningName[];

/** Those that are possible in a scene, the ones first that have happened least often. */
export function nextHappenings(
  scene: Scene,
  names: readonly HappeningName[],
  timesOf: (name: HappeningName) => number,
): readonly HappeningName[] {
  const { random } = scene.world;
  const isPossible = (name: HappeningName) => {
    const happening: Happening = HAPPENINGS[name];
    return happening.isPossible?.(scene) ?? true;
  };
  return names
    .filter(isPossible)
    .map((name) => ({ name, order: timesOf(name) + random() / 2 }))
    .sort((a, b) => a.order - b.order)
    .map(({ name }) => name);
}
