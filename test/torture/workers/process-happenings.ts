import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processState } from '../../world/process-state.js';
import type { Note } from '../armed/orders.js';
import { startDaemon, stop, watching } from '../daemon.js';
import { nowMs } from '../journal.js';
import type { Member } from './fleet.js';
import { canFreeze, type Happening, type Scene } from './happening.js';

const FROZEN_S = 60;
/** Frozen for longer, its lock has ended, and what it had is done elsewhere. */
const LOCK_S = 30;
/** Until a worker that is started now stops itself at a write. */
const FREEZES_WITHIN_MS = 30_000;
/** A daemon that comes after a killed one waits so long for the workers of that. */
const START_S = 50;

export const workerKilled: Happening = {
  leastS: 1,
  async happen({ fleet }) {
    const member = fleet.one();
    if (member) fleet.kill(member);
    return member !== undefined;
  },
};

/** It stays so while other things happen. */
export const workerFrozen: Happening = {
  leastS: 1,
  isPossible: canFreeze,
  async happen(scene) {
    const member = scene.fleet.one();
    if (!member) return false;
    scene.fleet.freeze(member);
    thawLater(scene, member, 20 + scene.world.random() * (FROZEN_S - 20));
    return true;
  },
};

/**
 * Between the question to its fence and its request. Of the files that it is about to write half are removed meanwhile, and the
 * others written again: no object may be deleted that it may still write.
 */
export const workerFrozenAfterItsFence: Happening = {
  leastS: 10,
  isPossible: canFreeze,
  async happen(scene) {
    const { fleet, world } = scene;
    const { random, tree, holds, paths } = world;
    // A folder takes a batch with one call.
    const write = world.driver === 'local' ? 1 : 1 + Math.floor(random() ** 2 * 40);
    const member = fleet.addFreezing(write);
    const { pid } = member.program.child;
    const deadline = nowMs() + FREEZES_WITHIN_MS;
    while (processState(pid) !== 'T' && nowMs() < deadline) {
      tree.changeMany();
      await delay(500);
    }
    const names = namesHeldBy(paths.log, pid);
    if (names === undefined) {
      fleet.kill(member);
      return false;
    }
    const frozenAtMs = nowMs();
    const hold = holds.hold(names);
    member.thawed = () => {
      if (nowMs() - frozenAtMs < LOCK_S * 1_000) hold.end();
    };
    tree.supersede(names);
    thawLater(scene, member, FROZEN_S);
    return true;
  },
};

function thawLater({ fleet }: Scene, member: Member, seconds: number): void {
  setTimeout(() => fleet.thaw(member), seconds * 1_000).unref();
}

/** What a process that stopped itself was about to write; undefined: it did not. */
function namesHeldBy(log: string, pid: number | undefined): readonly string[] | undefined {
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    if (!line.startsWith('{"note":"frozen"')) continue;
    const note = JSON.parse(line) as Extract<Note, { note: 'frozen' }>;
    if (note.pid === pid) return note.names;
  }
  return undefined;
}

export const daemonKilled: Happening = {
  leastS: START_S,
  async happen(scene) {
    const { world, daemon } = scene;
    daemon.kill('SIGKILL');
    await daemon.finished;
    world.figures.kills += 1;
    await startAgain(scene);
    return true;
  },
};

export const daemonStopped: Happening = {
  leastS: START_S,
  async happen(scene) {
    await stop(scene.world, scene.daemon);
    scene.world.figures.stops += 1;
    await startAgain(scene);
    return true;
  },
};

export const daemonFrozen: Happening = {
  leastS: 5,
  async happen({ daemon, pause }) {
    daemon.kill('SIGSTOP');
    await pause(5, FROZEN_S);
    daemon.kill('SIGCONT');
    return true;
  },
};

async function startAgain(scene: Scene): Promise<void> {
  scene.daemon = startDaemon(scene.world, {});
  await watching(scene.world, scene.daemon);
}
