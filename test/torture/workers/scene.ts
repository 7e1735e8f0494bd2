import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RedisServer, startRedisServer } from '../../servers/redis-server.js';
import { run } from '../../world/program.js';
import { seeded } from '../../world/tree.js';
import { startDaemon, stop, watching } from '../daemon.js';
import { fail } from '../failure.js';
import { judgeContents } from '../judge.js';
import { quiet } from '../quiet.js';
import { closeWorld, openWorld, type World, type WorldOptions } from '../world.js';
import { type Fleet, openFleet } from './fleet.js';
import { type Happening, happen, type Scene, shuffled } from './happenings.js';

/** Until what woke up has noticed that it slept, or has written what it had in hand. */
const WAKING_MS = 3_000;
/** In a quiet no process is left that had work in hand before: nothing is waited for but the second looks themselves. */
const LATE_LOOK_MS = 3_000;
const MOST_BETWEEN_MS = 6_000;

/** A daemon with workers, to which everything happens once; then comes a quiet in which all must come right. */
export async function playScene(
  options: WorldOptions,
  happened: (happening: Happening) => void,
): Promise<void> {
  const place = join(options.folder, 'redis');
  mkdirSync(place);
  const redis = await startRedisServer(place);
  const queue = `${redis.yaml('torture')}worker: { jobs: 2 }\n`;
  const world = await openWorld({ ...options, queue });
  const fleet = openFleet(world);
  let failed = true;
  try {
    await trouble(world, redis, fleet, happened);
    await comeRight(world, fleet);
    failed = false;
  } finally {
    await fleet.killAll();
    await redis.close();
    await closeWorld(world, failed);
  }
}

async function trouble(
  world: World,
  redis: RedisServer,
  fleet: Fleet,
  happened: (happening: Happening) => void,
): Promise<void> {
  const { seed, isOver, circumstances, figures } = world;
  const random = seeded(seed);
  const scene: Scene = { world, redis, fleet, daemon: startDaemon(world, {}) };
  const isCalm = new AbortController();
  const changing = changeUntil(world, isCalm.signal);
  try {
    await fleet.complete();
    await watching(world, scene.daemon);
    for (const happening of shuffled(random, circumstances.workers === 'frozen')) {
      await delay(random() * MOST_BETWEEN_MS);
      if (isOver()) break;
      await fleet.complete();
      await happen(scene, happening, random);
      happened(happening);
    }
    isCalm.abort();
    await changing;
    if (random() < 0.5) await stop(world, scene.daemon);
    fleet.thawAll();
    await delay(WAKING_MS);
  } finally {
    isCalm.abort();
    scene.daemon.kill('SIGKILL');
    await scene.daemon.finished;
  }
  figures.stops += 1;
  await fleet.end();
  judgeContents(world, scene.daemon);
}

async function comeRight(world: World, fleet: Fleet): Promise<void> {
  world.standing = { lateLookMs: LATE_LOOK_MS };
  await fleet.completeSoundly();
  await quiet(world, fleet.end);
  const { paths } = world;
  const { code, stdout, stderr } = await run(['--config', paths.config, 'verify', 'documents'], {
    cwd: paths.folder,
  });
  if (code !== 0) fail(world, `verify ends with ${code}: ${stdout}\n${stderr}`);
}

async function changeUntil({ tree, random }: World, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (random() < 0.1) tree.changeMany();
    else tree.change();
    await delay(random() * 150);
  }
}
