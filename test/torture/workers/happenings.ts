import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../../servers/redis-server.js';
import type { Program } from '../../world/program.js';
import { hasEnded, startDaemon, stop, watching } from '../daemon.js';
import { fail } from '../failure.js';
import type { World } from '../world.js';
import type { Fleet } from './fleet.js';

/** One daemon, its workers and their Redis. */
export interface Scene {
  readonly world: World;
  readonly redis: RedisServer;
  readonly fleet: Fleet;
  daemon: Program;
}

/** What befalls the processes of a scene. The times, in milliseconds, are what the seed makes of the longest ones. */
export const HAPPENINGS = {
  'worker killed': async ({ fleet }) => fleet.kill(),
  /** It stays so while other things happen. */
  'worker frozen': async ({ fleet }, random) => {
    const worker = fleet.freeze();
    if (worker) setTimeout(() => fleet.thaw(worker), between(random, 20_000, 60_000)).unref();
  },
  'daemon killed': async (scene) => {
    const { world, daemon } = scene;
    daemon.kill('SIGKILL');
    await daemon.finished;
    world.figures.kills += 1;
    await startAgain(scene);
  },
  'daemon stopped': async (scene) => {
    await stop(scene.world, scene.daemon);
    scene.world.figures.stops += 1;
    await startAgain(scene);
  },
  'daemon frozen': async ({ daemon }, random) => {
    daemon.kill('SIGSTOP');
    await delay(between(random, 5_000, 30_000));
    daemon.kill('SIGCONT');
  },
  'Redis killed': async ({ redis }, random) => {
    await redis.kill();
    if (random() < 0.5) await delay(between(random, 1_000, 20_000));
    await redis.start();
  },
  'Redis emptied': async ({ redis }) => {
    await redis.admin.flushall();
  },
  'Redis set back': async ({ redis }, random) => {
    redis.keep();
    await delay(between(random, 500, 4_000));
    await redis.setBack();
  },
  'Redis frozen': async ({ redis }, random) => {
    redis.freeze();
    await delay(between(random, 5_000, 30_000));
    redis.thaw();
  },
} satisfies Record<string, (scene: Scene, random: () => number) => Promise<void>>;

export type Happening = keyof typeof HAPPENINGS;

async function startAgain(scene: Scene): Promise<void> {
  scene.daemon = startDaemon(scene.world, {});
  await watching(scene.world, scene.daemon);
}

/** Fails where the daemon has ended by itself before. */
export async function happen(
  scene: Scene,
  happening: Happening,
  random: () => number,
): Promise<void> {
  const { world, daemon } = scene;
  if (hasEnded(daemon))
    fail(world, `the daemon ended by itself, with ${(await daemon.finished).code}`, daemon);
  await HAPPENINGS[happening](scene, random);
}

/** All of them in an order of their own, those that happen quickly more than once. */
export function shuffled(random: () => number, canFreeze: boolean): readonly Happening[] {
  const all: readonly Happening[] = [
    ...(Object.keys(HAPPENINGS) as Happening[]),
    ...(['worker killed', 'worker killed', 'Redis emptied', 'Redis set back'] as const),
    ...(canFreeze ? (['worker frozen'] as const) : []),
  ];
  return all
    .filter((each) => canFreeze || each !== 'worker frozen')
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}

function between(random: () => number, least: number, most: number): number {
  return least + random() * (most - least);
}
