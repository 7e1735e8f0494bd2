import { setTimeout as delay } from 'node:timers/promises';
import { type Program, run } from '../world/program.js';
import { hasEnded, metDamage, PATIENCE_MS, startDaemon, stop, watching } from './daemon.js';
import { fail } from './failure.js';
import { nowNs } from './journal.js';
import { countFaults, judge } from './judge.js';
import type { TortureTarget } from './target.js';
import { containerDifferences, indexDifferences, orphanUploads, stateLeftovers } from './verify.js';
import { isForgotten, mirrorState, type World } from './world.js';

/** After so much of its patience another daemon need not wait for what this one is uncertain of. */
const UNCERTAIN_MS = 30_000;
/** Between changes that make the rest of the fault script happen. */
const PROVOKE_MS = 1_000;
/** So many daemons in a row may be about some work again when all is equal. */
const MOST_DROPS = 10;

/**
 * Nothing is killed and nothing new goes wrong: everything must become equal, and nothing be left over. `endOthers`: ends the
 * processes that help, once all is equal.
 */
export async function quiet(
  world: World,
  endOthers: () => Promise<void> = async () => {},
): Promise<void> {
  let drops = 0;
  for (;;) {
    world.lives += 1;
    const program = startDaemon(world, {});
    let outcome: Outcome;
    try {
      outcome = await untilEqual(world, program);
    } finally {
      program.kill('SIGKILL');
      await program.finished;
    }
    if (outcome === 'equal') await endOthers();
    judge(world, program);
    if (outcome === 'equal') {
      await verifyAll(world, program);
      break;
    }
    if (outcome === 'work dropped') drops += 1;
    if (drops > MOST_DROPS)
      fail(world, `${drops} daemons knew of work when all was equal`, program);
  }
  world.damages = 0;
}

/**
 * `another`: another daemon is to go on, as this one met damage that was done before, waits for longer than can be waited
 * here, or has met all that it can. `work dropped`: it knew of some work when it was stopped, although all was equal.
 */
type Outcome = 'equal' | 'work dropped' | 'another';

async function untilEqual(world: World, program: Program): Promise<Outcome> {
  const { tree, random, target, circumstances, person } = world;
  await watching(world, program);
  for (let count = Math.floor(random() * 20); count > 0; count -= 1) tree.change();
  const deadline = Date.now() + PATIENCE_MS;
  let provokedAt = 0;
  for (let found = await differences(world); found.length > 0; found = await differences(world)) {
    if (hasEnded(program)) {
      if (!metDamage(world, (await program.finished).code))
        fail(world, 'the daemon ended by itself', program);
      return 'another';
    }
    const hasWaited = Date.now() > deadline - PATIENCE_MS + UNCERTAIN_MS;
    if (
      (hasWaited && isUncertain(found, program)) ||
      (found.length === 1 && onlyAStartMeets(target))
    ) {
      await stop(world, program);
      return 'another';
    }
    if (Date.now() > deadline) failUnequal(world, found, program);
    if (Date.now() - provokedAt > PROVOKE_MS) {
      if (target.faultsLeft > 0 && !onlyAStartMeets(target)) tree.changeEverything();
      // What was not meant is made good at the end: then everything is.
      if (circumstances.guard !== 'off') await person.decide(provokedAt === 0 ? 'undo' : 'approve');
      provokedAt = Date.now();
    }
    await delay(100);
    countFaults(world);
  }
  return (await stop(world, program)) ? 'equal' : 'work dropped';
}

async function differences(world: World): Promise<readonly string[]> {
  const { target, tree, paths, engine } = world;
  return [
    ...(target.faultsLeft > 0 ? [`${target.faultsLeft} faults that never happened`] : []),
    ...containerDifferences(tree, paths.source, target),
    ...orphanUploads(tree, target, (id) => isForgotten(world, id)),
    ...(await indexDifferences(tree, { engine, folder: mirrorState(paths) })),
  ];
}

function failUnequal(world: World, [first, ...others]: readonly string[], program: Program): never {
  return fail(
    world,
    `${first}\nafter ${PATIENCE_MS / 1000} s of quiet, and ${others.length} more:\n${others.slice(0, 19).join('\n')}`,
    program,
  );
}

/**
 * Only uploads are left whose completion got no answer, so that the daemon does not know whether it may still come
 * through: it aborts them ten minutes later. The next one knows nothing of that, and does not wait.
 */
function isUncertain(found: readonly string[], program: Program): boolean {
  return (
    found.every((line) => line.startsWith('the unfinished upload ')) &&
    program.stderr().includes('its completion may still come through')
  );
}

/** Whatever changes, a daemon asks for its container once: what is left of the script waits for the next one. */
function onlyAStartMeets({ faultsLeft, ordered }: TortureTarget): boolean {
  const atStart = ordered.filter(({ operation }) => operation === 'headContainer');
  return faultsLeft > 0 && faultsLeft === atStart.length;
}

/** The daemon has ended: nothing may be left over, and the shipped program must find nothing to do. */
async function verifyAll(world: World, program: Program): Promise<void> {
  const { tree, target, paths, figures, putNs } = world;
  for (const found of [
    ...containerDifferences(tree, paths.source, target),
    ...orphanUploads(tree, target, (id) => isForgotten(world, id)),
    ...target.leftovers(),
    ...stateLeftovers(tree, paths.state),
  ])
    fail(world, found, program);
  await checkedByProgram(world, program);
  figures.stops += 1;
  figures.quiets += 1;
  figures.objects += target.objects().size;
  const atNs = nowNs();
  for (const name of tree.expected().keys()) putNs.set(name, atNs);
}

async function checkedByProgram(world: World, daemon: Program): Promise<void> {
  const { code, stdout, stderr } = await run(
    ['--config', world.paths.config, '--reconcile', '--dry-run', '--json'],
    { cwd: world.paths.folder },
  );
  // A file that had changed right before it was sent may be hashed once more; only its record changes then.
  const isRecheck = (line: string) =>
    line.includes('"job":"refresh_metadata"') && line.includes('"why":"same content"');
  const planned = stdout
    .split('\n')
    .filter((line) => line.includes('"event":"planned"') && !isRecheck(line));
  // 3: objects are kept behind folders that became links.
  if (planned.length > 0 || !(code === 0 || code === 3 || code === 5))
    fail(
      world,
      `a dry run after the quiet exits with ${code} and plans: ${planned.join('\n')}\n${stderr}`,
      daemon,
    );
}
