import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Program, start } from '../world/program.js';
import { ORDERS, type Orders } from './armed/orders.js';
import { configuration } from './circumstances.js';
import { fail } from './failure.js';
import type { World } from './world.js';

const PROGRAM = fileURLToPath(new URL('../../torture/main.js', import.meta.url));

/** How long a daemon that nothing disturbs may take to make everything equal. */
export const PATIENCE_MS = 240_000;
const STOP_MS = 60_000;
/** A daemon that is stopped while it knows of work ends with it. */
export const WORK_DROPPED = 143;
/** How a daemon ends that meets damage in its index: by itself, or in LMDB's code. */
const DAMAGE_MET: readonly (number | string)[] = [
  1,
  'SIGABRT',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
];

/** `around`: a command that runs it with something around it. */
export function startDaemon(
  world: World,
  orders: Partial<Orders>,
  around: readonly string[] = [],
): Program {
  const { paths, driver, target, circumstances, oversight } = world;
  const text = configuration(paths, driver, target, circumstances, world);
  // A worker may be reading it.
  writeFileSync(`${paths.config}.new`, text, { mode: 0o600 });
  renameSync(`${paths.config}.new`, paths.config);
  const given: Orders = {
    ...ordersOf(world),
    clockJumps: circumstances.clockJumps,
    lostEvents: circumstances.losesEvents ? 0.5 : 0,
    faults: target.ordered,
    ...world.standing,
    ...orders,
  };
  const program = start(['--config', paths.config, 'run'], {
    cwd: paths.folder,
    main: PROGRAM,
    around,
    env: { [ORDERS]: JSON.stringify(given) },
    detached: world.queue !== undefined,
    // A damaged index can make LMDB say something of its own before it ends the process.
    keepsStrayLines: circumstances.losesState,
  });
  if (paths.state === oversight.stateFolder) oversight.sample(program);
  return program;
}

/** Of the daemon that was started last. */
export function startWorker(
  world: World,
  orders: Partial<Orders>,
  around: readonly string[] = [],
): Program {
  const { paths } = world;
  return start(['--config', paths.config, 'worker'], {
    cwd: paths.folder,
    main: PROGRAM,
    around,
    detached: true,
    env: { [ORDERS]: JSON.stringify({ ...ordersOf(world), by: 'worker', ...orders }) },
  });
}

const ordersOf = ({ random, paths }: World) => ({
  seed: Math.floor(random() * 2 ** 31),
  log: paths.log,
});

export function hasEnded({ child }: Program): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Resolves when the daemon mirrors, or has ended. */
export async function watching(world: World, program: Program): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!program.stderr().includes(' watching ') && !hasEnded(program)) {
    if (Date.now() > deadline) fail(world, 'the daemon does not come to watch', program);
    await delay(10);
  }
}

/** Stops a daemon with SIGTERM. False: it knew of some work. */
export async function stop(world: World, program: Program): Promise<boolean> {
  program.kill('SIGTERM');
  const { code } = await Promise.race([
    program.finished,
    delay(STOP_MS, { code: 'nothing' }, { ref: false }),
  ]);
  if (code !== 0 && code !== WORK_DROPPED)
    fail(world, `the daemon was asked to stop and ended with ${code}`, program);
  return code === 0;
}

/** Whether damage in an index is the reason why a daemon ended with this code. Counts it then. */
export function metDamage(world: World, code: number | string): boolean {
  if (world.damages === 0 || !DAMAGE_MET.includes(code)) return false;
  world.damages -= 1;
  world.figures.damagesMet += 1;
  return true;
}
