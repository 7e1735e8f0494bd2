import { setTimeout as delay } from 'node:timers/promises';
import { FAILPOINTS, type Failpoint } from '../../src/failpoint.js';
import type { Program } from '../world/program.js';
import { leadsTo } from './circumstances.js';
import { hasEnded, metDamage, startDaemon, WORK_DROPPED, watching } from './daemon.js';
import { fail } from './failure.js';
import { judgeContents } from './judge.js';
import { spoilState } from './spoil-state.js';
import type { World } from './world.js';

/** How long a daemon to which nothing happens is left in peace at a time. */
const REST_MS = 4_000;

/** One daemon that ends before its time. */
export async function live(world: World): Promise<void> {
  const { circumstances, random, target, figures } = world;
  world.lives += 1;
  if (circumstances.changesEngine && random() < 0.4)
    world.engine = world.engine === 'lmdb' ? 'lowdb' : 'lmdb';
  if (circumstances.losesState && random() < 0.25) spoilState(world);
  if (random() < 0.5) target.script(random);
  const isFull = random() < 0.1 && target.fill();
  if (isFull) figures.fullDisks += 1;
  const point = random() < 0.6 ? nextPoint(world) : undefined;
  const program = startDaemon(
    world,
    point === undefined ? {} : { kill: { point, hit: 1 + Math.floor(random() ** 3 * 8) } },
  );
  try {
    await changeUntilKill(world, program, point);
    if (point?.includes('closed') || random() < 0.1) {
      program.kill('SIGTERM');
      await Promise.race([program.finished, delay(random() * 1_000)]);
    }
    program.kill('SIGKILL');
    const { code } = await program.finished;
    // SIGTERM ends a program that has not come to listen to it.
    if (code === 'SIGKILL') figures.kills += 1;
    else if (code === 0 || code === WORK_DROPPED || code === 'SIGTERM') figures.stops += 1;
    else if (!metDamage(world, code) && !(isFull && code === 1))
      fail(world, `the daemon ended by itself, with ${code}`, program);
  } finally {
    program.kill('SIGKILL');
    await program.finished;
    target.empty();
  }
  judgeContents(world, program);
}

async function changeUntilKill(
  world: World,
  program: Program,
  point: Failpoint | undefined,
): Promise<void> {
  const { random, circumstances, person, pick } = world;
  if (random() < 0.3) return changeFor(world, random() * 500, program, point);
  await watching(world, program);
  const deciding =
    circumstances.guard !== 'off' && random() < 0.3
      ? person.decide(pick(['approve', 'approve', 'reject', 'undo']))
      : undefined;
  await changeFor(world, random() * 700 + (point === undefined ? 0 : 700), program, point);
  await deciding;
}

/** A daemon to which nothing happens while files change and rest; it is killed then. On a slow target much waits meanwhile. */
export async function linger(world: World): Promise<void> {
  const { random, figures } = world;
  world.lives += 1;
  world.slow = random() < 0.5;
  const program = startDaemon(world, { faults: [] });
  try {
    await watching(world, program);
    for (let rests = 1 + Math.floor(random() * 3); rests > 0; rests -= 1) {
      await changeFor(world, random() * 1_000, program, undefined);
      await delay(random() * REST_MS);
    }
    program.kill('SIGKILL');
    const { code } = await program.finished;
    if (code === 'SIGKILL') figures.kills += 1;
    else if (!metDamage(world, code))
      fail(world, `the daemon ended by itself, with ${code}`, program);
  } finally {
    world.slow = false;
    program.kill('SIGKILL');
    await program.finished;
  }
  judgeContents(world, program);
}

async function changeFor(
  { random, tree }: World,
  ms: number,
  program: Program,
  point: Failpoint | undefined,
): Promise<void> {
  const until = Date.now() + ms;
  while (Date.now() < until && !hasEnded(program)) {
    if (random() < 0.02) tree.changeEverything();
    else if (point !== undefined && random() < 0.5) tree.changeToward(point);
    else tree.change();
    await delay(random() * 25);
  }
}

function isPossible({ driver, circumstances }: World, point: Failpoint): boolean {
  if (!leadsTo(driver, point)) return false;
  if (point.includes('trash')) return circumstances.deletes === 'trash';
  return circumstances.changesEngine || !point.includes('engine');
}

/** Half of the time one of the points at which the fewest daemons were killed. */
function nextPoint(world: World): Failpoint {
  const { figures, pick, random } = world;
  const possible = FAILPOINTS.filter((point) => isPossible(world, point));
  const fewest = Math.min(...possible.map((point) => figures.killedAt.get(point) ?? 0));
  return pick(
    random() < 0.5
      ? possible
      : possible.filter((point) => (figures.killedAt.get(point) ?? 0) === fewest),
  );
}
