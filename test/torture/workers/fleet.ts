import { FAILPOINTS } from '../../../src/failpoint.js';
import type { Program } from '../../world/program.js';
import { leadsTo } from '../circumstances.js';
import { hasEnded, startWorker, WORK_DROPPED } from '../daemon.js';
import { fail } from '../failure.js';
import type { World } from '../world.js';

/** The workers of a world. */
export interface Fleet {
  /** Starts workers until there are enough; half of them are to end at a crash point. Fails where one has ended by itself. */
  complete(): Promise<void>;
  /** Starts workers that nothing befalls until there are enough. */
  completeSoundly(): Promise<void>;
  /** Kills one that is not frozen. */
  kill(): void;
  /** One stops amid what it does, unless the others are frozen already. */
  freeze(): Program | undefined;
  thaw(worker: Program): void;
  thawAll(): void;
  /** Asks all of them to end. Resolves when they have. */
  end(): Promise<void>;
  /** Whatever they are about. */
  killAll(): Promise<void>;
}

const SIZE = 2;

export function openFleet(world: World): Fleet {
  const { driver, random, pick, figures } = world;
  const workers = new Set<Program>();
  const frozen = new Set<Program>();
  const points = FAILPOINTS.filter(
    (point) => /^(local|puts): /.test(point) && leadsTo(driver, point),
  );

  /** What has ended by a kill makes room for another. */
  async function bury(): Promise<void> {
    for (const worker of workers) {
      if (!hasEnded(worker)) continue;
      const { code } = await worker.finished;
      if (code !== 'SIGKILL') fail(world, `a worker ended by itself, with ${code}`, worker);
      figures.kills += 1;
      workers.delete(worker);
    }
  }

  function add(isSound: boolean): void {
    const hit = 1 + Math.floor(random() ** 2 * 40);
    const worker = startWorker(
      world,
      isSound || random() < 0.5 ? {} : { kill: { point: pick(points), hit } },
    );
    worker.finished.catch(() => {}); // what waits for it hears of that
    workers.add(worker);
  }

  async function fill(isSound: boolean): Promise<void> {
    await bury();
    while (workers.size < SIZE) add(isSound);
  }

  const awake = (): readonly Program[] =>
    [...workers].filter((each) => !frozen.has(each) && !hasEnded(each));

  function thaw(worker: Program): void {
    frozen.delete(worker);
    worker.kill('SIGCONT');
  }

  return {
    complete: () => fill(false),
    completeSoundly: () => fill(true),
    kill: () => pick(awake())?.kill('SIGKILL'),
    freeze() {
      const [worker, another] = awake();
      if (worker === undefined || another === undefined) return undefined;
      frozen.add(worker);
      worker.kill('SIGSTOP');
      return worker;
    },
    thaw,
    thawAll: () => frozen.forEach(thaw),
    async end() {
      await bury();
      for (const worker of workers) worker.kill('SIGTERM');
      for (const worker of workers) {
        const { code } = await worker.finished;
        if (code === 'SIGKILL')
          figures.kills += 1; // at a crash point
        else if (code === 0 || code === WORK_DROPPED || code === 'SIGTERM') figures.stops += 1;
        else fail(world, `a worker was asked to stop and ended with ${code}`, worker);
      }
      workers.clear();
    },
    async killAll() {
      for (const worker of workers) worker.kill('SIGKILL');
      await Promise.allSettled([...workers].map(({ finished }) => finished));
    },
  };
}
