import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RedisServer, startRedisServer } from '../../servers/redis-server.js';
import { run } from '../../world/program.js';
import { hasEnded, PATIENCE_MS, startDaemon, stop, watching } from '../daemon.js';
import { fail } from '../failure.js';
import { nowMs } from '../journal.js';
import { judgeContents } from '../judge.js';
import { quiet } from '../quiet.js';
import { closeWorld, openWorld, type World, type WorldOptions } from '../world.js';
import { type Fleet, openFleet } from './fleet.js';
import { pauseBy, type Scene } from './happening.js';
import { HAPPENINGS, type HappeningName, nextHappenings } from './happenings.js';
import { mountPoint, SHARES } from './share.js';

export interface SceneOptions extends WorldOptions {
  /** What may befall it. */
  readonly happenings: readonly HappeningName[];
  /** How often each of them has happened. */
  readonly happened: Map<HappeningName, number>;
  /** Is called when everything works, and trouble may begin. */
  readonly begin: () => void;
  /** Is called when no further trouble comes. */
  readonly rest: () => void;
  /** How much is left for that, in seconds. */
  readonly leftS: () => number;
}

/** Until what woke up has noticed that it slept, or has written what it had in hand. */
const WAKING_MS = 3_000;
/** In a quiet no process is left that had work in hand before: nothing is waited for but the second looks themselves. */
const LATE_LOOK_MS = 3_000;
const MOST_BETWEEN_S = 6;
const START_MS = 20_000;
const MOST_HAPPENINGS = 8;

/** A daemon with workers, to which things happen; then comes a quiet in which all must come right. */
export async function playScene(options: SceneOptions): Promise<void> {
  const place = join(options.folder, 'redis');
  mkdirSync(place);
  const redis = await startRedisServer(place);
  const sources = SHARES.length > 0 ? `, sources: { documents: ${mountPoint(options)} }` : '';
  const queue = `${redis.yaml('torture')}worker: { jobs: 2${sources} }\n`;
  const world = await openWorld({ ...options, queue });
  const fleet = openFleet(world, SHARES.length > 0 ? world.pick(SHARES) : undefined);
  let failed = true;
  try {
    await trouble(world, redis, fleet, options);
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
  options: SceneOptions,
): Promise<void> {
  const pause = pauseBy(world.random, options.leftS);
  const scene: Scene = {
    ...{ world, redis, fleet, pause },
    daemon: startDaemon(world, {}),
    isCalm: false,
  };
  const isOver = new AbortController();
  let changing: Promise<void> | undefined;
  try {
    await fleet.completeSoundly();
    await watching(world, scene.daemon);
    await firstWork(scene);
    options.begin();
    changing = changeUntil(scene, isOver.signal);
    await befall(scene, options);
    options.rest();
    isOver.abort();
    await changing;
    if (world.random() < 0.5) await stop(world, scene.daemon);
    fleet.thawAll();
    await delay(WAKING_MS);
  } finally {
    isOver.abort();
    scene.daemon.kill('SIGKILL');
    await scene.daemon.finished;
  }
  world.figures.stops += 1;
  await fleet.end();
  judgeContents(world, scene.daemon);
}

async function befall(scene: Scene, options: SceneOptions): Promise<void> {
  const { world, fleet, pause } = scene;
  const { happenings, happened, leftS } = options;
  const timesOf = (name: HappeningName) => happened.get(name) ?? 0;
  const fitting = happenings.filter((name) => HAPPENINGS[name].leastS <= leftS());
  const names = nextHappenings(scene, fitting, timesOf).slice(0, MOST_HAPPENINGS);
  for (const name of names) {
    await pause(0, MOST_BETWEEN_S);
    if (world.isOver()) return;
    if (leftS() < HAPPENINGS[name].leastS) continue;
    await fleet.complete();
    await someWork(fleet);
    if (hasEnded(scene.daemon)) {
      const { code } = await scene.daemon.finished;
      fail(world, `the daemon ended by itself, with ${code}`, scene.daemon);
    }
    if (await HAPPENINGS[name].happen(scene)) happened.set(name, timesOf(name) + 1);
  }
}

/** Resolves when a worker has written. Nothing has befallen them: they are there, or about to be. */
async function firstWork({ world, daemon }: Scene): Promise<void> {
  const { tree, paths } = world;
  const deadline = nowMs() + PATIENCE_MS;
  while (!(existsSync(paths.log) && readFileSync(paths.log, 'utf8').includes('"by":"worker"'))) {
    if (nowMs() > deadline) fail(world, 'no worker writes anything', daemon);
    tree.changeMany();
    await delay(500);
  }
}

/** Resolves when something can befall a worker. They may be killed before they work. */
async function someWork(fleet: Fleet): Promise<void> {
  const deadline = nowMs() + START_MS;
  while (fleet.one() === undefined && nowMs() < deadline) await delay(100);
}

async function comeRight(world: World, fleet: Fleet): Promise<void> {
  world.standing = { lateLookMs: LATE_LOOK_MS };
  world.holds.clear();
  await fleet.completeSoundly();
  await quiet(world, fleet.end);
  const { paths } = world;
  const { code, stdout, stderr } = await run(['--config', paths.config, 'verify', 'documents'], {
    cwd: paths.folder,
  });
  if (code !== 0) fail(world, `verify ends with ${code}: ${stdout}\n${stderr}`);
}

async function changeUntil(scene: Scene, signal: AbortSignal): Promise<void> {
  const { tree, random } = scene.world;
  while (!signal.aborted) {
    if (!scene.isCalm) {
      if (random() < 0.1) tree.changeMany();
      else tree.change();
    }
    await delay(random() * 150);
  }
}
