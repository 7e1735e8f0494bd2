import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/clock.js';
import { askStatus } from '../../../src/status/client.js';
import type { Program } from '../../world/program.js';
import { hasEnded, PATIENCE_MS, startDaemon, stop } from '../daemon.js';
import { aroundAnother, canBeAnother } from '../disaster/machine.js';
import { fail } from '../failure.js';
import { nowMs } from '../journal.js';
import type { World } from '../world.js';
import { canFreeze, type Happening } from './happening.js';

/** The period of the lease, in which its holder is silent, and the time in which its workers end. */
const TAKEN_AFTER_S = 60 + 45;

/**
 * The daemon and one of its workers freeze, and a daemon on another machine, which has no state yet, takes the lease over. Then
 * they wake up, and later the lease is theirs again. Nothing changes until all is mirrored by the other one, and while the lease
 * goes back: what only the other one has known would be an object that longshore did not put there.
 */
export const leaseTakenOver: Happening = {
  leastS: TAKEN_AFTER_S + 30,
  isPossible: (scene) => canFreeze(scene) && canBeAnother,
  async happen(scene) {
    const { world, fleet, daemon, pause } = scene;
    const worker = fleet.one();
    if (!worker) return false;
    const folder = join(world.paths.folder, 'another');
    mkdirSync(folder);
    const paths = { ...world.paths, state: join(folder, 'state'), config: join(folder, 'config') };
    fleet.freeze(worker);
    daemon.kill('SIGSTOP');
    const other = startDaemon({ ...world, paths }, {}, aroundAnother(folder));
    try {
      await until(world, other, 'takes the lease over', logs(other, / lease taken over /));
      scene.isCalm = true;
      await until(world, other, 'compares all', logs(other, / run finished .*run=reconcile/));
      await until(world, other, 'mirrors what it has taken over', settled(paths.state));
      scene.isCalm = false;
      daemon.kill('SIGCONT');
      fleet.thaw(worker);
      await until(world, daemon, 'finds its lease lost', logs(daemon, / mirror waits .*lease/i));
      await pause(1, 10);
      scene.isCalm = true;
      await until(world, other, 'mirrors all', settled(paths.state));
      await stop(world, other);
      await until(world, daemon, 'has its lease back', settled(world.paths.state));
    } finally {
      scene.isCalm = false;
      daemon.kill('SIGCONT');
      other.kill('SIGKILL');
      await other.finished;
    }
    rmSync(folder, { recursive: true });
    return true;
  },
};

const logs = (program: Program, line: RegExp) => async (): Promise<boolean> =>
  line.test(program.stderr());

/**
 * One without state cannot remove an object that stands in the way of others: it did not put it there. On a slow machine each of
 * its runs begins when the one before has ended, so that it always scans.
 */
const SETTLED: ReadonlySet<string> = new Set(['in-sync', 'failing', 'scanning']);

const settled = (stateFolder: string) => async (): Promise<boolean> => {
  const signal = AbortSignal.timeout(5_000);
  try {
    const { mirrors } = await askStatus(undefined, { stateFolder, clock: systemClock, signal });
    const [mirror] = mirrors;
    return SETTLED.has(mirror?.state ?? '') && mirror?.queued === 0;
  } catch {
    return false; // it does not listen yet
  }
};

/** Resolves when the check is true. Fails when the program ends before, or the patience does. */
async function until(
  world: World,
  program: Program,
  what: string,
  check: () => Promise<boolean>,
): Promise<void> {
  const deadline = nowMs() + PATIENCE_MS;
  while (!(await check())) {
    if (hasEnded(program)) fail(world, `the daemon ended before: ${what}`, program);
    if (nowMs() > deadline) fail(world, `the daemon never: ${what}`, program);
    await delay(100);
  }
}
