import type { Config, MirrorConfig, TargetConfig } from './config/config.js';
import { findDriver } from './drivers/registry/registry.js';
import { makeFolders } from './make-folders.js';
import { mirrorPlace } from './mirror-place.js';
import { keptIn, openMirror } from './open-mirror.js';
import type { EngineOptions } from './runtime-options.js';
import { openStateCopy } from './state/open-copy.js';
import { openState } from './state/open-state.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { Job } from './sync/work/job.js';
import { detect, openTarget, type Target, type Workers } from './targets.js';

/** The mirrors and targets, connected. The lifecycle closes them. */
export interface Runtime {
  readonly mirrors: readonly Mirror[];
  readonly targets: readonly Target[];
  /** Drops waiting jobs, and resolves when no job runs. */
  stop(): Promise<void>;
}

/** Opens the state, the targets and the mirrors, in this order. Rejects with the first error; `lifecycle` closes the rest. */
export async function openEngine(options: EngineOptions): Promise<Runtime> {
  const { config, world, lifecycle, dryRun, drain } = options;
  const { clock, log } = world;
  const chosen = config.mirrors.filter(
    ({ name }) => options.mirrors.length === 0 || options.mirrors.includes(name),
  );
  for (const { name, driver } of config.targets)
    if (chosen.some(({ target }) => target === name)) findDriver(driver).prepare?.();
  for (const { source, createSource } of chosen)
    if (createSource && !dryRun) await makeFolders(source);

  const state = await lifecycle.add(
    'state',
    (dryRun ? openStateCopy : openState)({
      folder: config.stateFolder,
      mirrors: chosen.map((mirror) => ({
        name: mirror.name,
        engine: mirror.index,
        place: placeOf(mirror, config),
      })),
      clock,
      log,
      signal: drain,
    }),
  );
  const mirrors = new Map<string, Mirror>();
  const workers = {
    run: async (job: Job) => mirrors.get(job.mirror)?.run(job),
    dropped: (job: Job) => mirrors.get(job.mirror)?.dropped(job),
  };
  const targets = new Map<string, Target>();
  for (const target of config.targets) {
    const first = chosen.find((mirror) => mirror.target === target.name);
    const store = first && state.mirrors.get(first.name);
    if (!first || !store) continue;
    const opened = openConfiguredTarget(options, target, {
      container: first.container,
      found: await detect(target, keptIn(store, dryRun).ledger, world, drain),
      workers,
    });
    targets.set(target.name, await lifecycle.add(`target ${target.name}`, opened));
  }

  for (const mirror of chosen) {
    const target = targets.get(mirror.target);
    const store = state.mirrors.get(mirror.name);
    if (!target || !store)
      throw new Error(
        `mirror ${mirror.name} names target ${mirror.target}, which the configuration does not have`,
      );
    mirrors.set(mirror.name, await openMirror(options, mirror, target, store));
  }

  return {
    mirrors: [...mirrors.values()],
    targets: [...targets.values()],
    async stop() {
      for (const { queue } of targets.values()) queue.clear();
      await Promise.all([...targets.values()].map(({ queue }) => queue.whenIdle()));
      await Promise.all([...mirrors.values()].map((mirror) => mirror.flush()));
    },
  };
}

interface TargetParts {
  /** Container of the target's first mirror. */
  readonly container: string;
  /** What the driver detected about the provider. */
  readonly found: string | undefined;
  readonly workers: Workers;
}

function openConfiguredTarget(
  options: EngineOptions,
  target: TargetConfig,
  { container, found, workers }: TargetParts,
): Target {
  return openTarget({
    config: target,
    found,
    container,
    workers,
    world: options.world,
    random: Math.random,
    drain: options.drain,
    patienceMs: options.patienceMs,
    giveUp: (error) => options.giveUp(target.name, error),
  });
}

function placeOf(mirror: MirrorConfig, { targets }: Config): string | undefined {
  const target = targets.find(({ name }) => name === mirror.target);
  return target && mirrorPlace(mirror, target);
}
