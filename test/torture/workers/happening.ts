import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../../servers/redis-server.js';
import type { Program } from '../../world/program.js';
import type { World } from '../world.js';
import type { Fleet } from './fleet.js';

/** One daemon, its workers and their Redis. */
export interface Scene {
  readonly world: World;
  readonly redis: RedisServer;
  readonly fleet: Fleet;
  daemon: Program;
  /** Nothing changes in the source for as long as this is set. */
  isCalm: boolean;
  /** Waits for a time between these, in seconds; the less is left of the scene, the shorter, but for the least. */
  pause(leastS: number, mostS: number): Promise<void>;
}

/** Something that befalls the processes of a scene. */
export interface Happening {
  /** With what it brings about afterwards. It does not happen where less is left of the scene. */
  readonly leastS: number;
  isPossible?(scene: Scene): boolean;
  /** Resolves when the next one may happen. False: it did not come to it. */
  happen(scene: Scene): Promise<boolean>;
}

/** A process that was frozen amid a write ends it late, which the rules of a container's history do not allow. */
export const canFreeze = ({ world }: Scene): boolean => world.circumstances.workers === 'frozen';

export function pauseBy(
  random: () => number,
  leftS: () => number,
): (leastS: number, mostS: number) => Promise<void> {
  return async (leastS, mostS) => {
    const most = Math.max(leastS, Math.min(mostS, leftS() / 2));
    await delay((leastS + random() * (most - leastS)) * 1_000);
  };
}
