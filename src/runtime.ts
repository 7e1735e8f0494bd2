import type { Config, MirrorConfig } from './config/config.js';
import { makeFolders } from './make-folders.js';
import { mirrorPlace } from './mirror-place.js';
import { keptIn, openMirror } from './open-mirror.js';
import { openPauses, type Pauses } from './pauses.js';
import type { RuntimeOptions } from './runtime-options.js';
import { openStateCopy } from './state/open-copy.js';
import { isSmallIndex } from './state/open-index.js';
import { locationOf, openState, type State } from './state/open-state.js';
import type { Mirror } from './sync/mirror/mirror.js';
import { prepareScanThread } from './sync/scan/scan-thread.js';
import type { Job } from './sync/work/job.js';
import type { JobWorker } from './sync/work/queue.js';
import { detect, openTarget, type Target } from './targets.js';
import type { World } from './world.js';

/** The mirrors and targets, connected. The lifecycle closes them. */
export interface Runtime {
  readonly mirrors: readonly Mirror[];
  /** Of a run that cannot be paused: none. */
  readonly pauses: Pauses | undefined;
  /** Drops waiting jobs, and resolves when no job runs. */
  stop(): Promise<void>;
}

/** Opens the state, the targets and the mirrors, in this order. Rejects with the first error; `lifecycle` closes the rest. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, world, lifecycle, mirrors: names, mode } = options;
  const chosen = config.mirrors.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const { name, driver } of config.targets)
    if (chosen.some(({ target }) => target === name)) world.findDriver(driver).prepare?.();
  if (mode.persistence.keepsTrying || !chosen.every((mirror) => isLikelySmall(mirror, config)))
    prepareScanThread();
  for (const { source, createSource } of chosen)
    if (createSource && !mode.dryRun) await makeFolders(source);

  const state = await openChosenState(options, chosen);
  const pauses = mode.pausable
    ? await lifecycle.add('pauses', openPauses({ stateFolder: config.stateFolder, ...world }))
    : undefined;
  const targets = await openTargets(options, chosen, state);
  const mirrors: Mirror[] = [];
  for (const mirror of chosen) {
    const target = targets.get(mirror.target);
    const store = state.mirrors.get(mirror.name);
    if (!target || !store)
      throw new Error(
        `mirror ${mirror.name} names target ${mirror.target}, which the configuration does not have`,
      );
    const gate = pauses?.gateOf(mirror.name, mirror.target);
    mirrors.push(await openMirror(options, mirror, { target, store, gate }));
  }

  const queues = [...targets.values()].map(({ queue }) => queue);
  for (const queue of queues) queue.start(workerOf(mirrors));
  return {
    mirrors,
    pauses,
    async stop() {
      for (const queue of queues) queue.clear();
      await Promise.all(queues.map((queue) => queue.whenIdle()));
      await Promise.all(mirrors.map((mirror) => mirror.flush()));
    },
  };
}

function openChosenState(
  { config, world: { clock, log, findDriver }, lifecycle, mode, signals }: RuntimeOptions,
  chosen: readonly MirrorConfig[],
): Promise<State> {
  const open = mode.dryRun ? openStateCopy : openState;
  const opening = open({
    folder: config.stateFolder,
    mirrors: chosen.map((mirror) => ({
      name: mirror.name,
      engine: mirror.index,
      place: placeOf(mirror, config, findDriver),
      ...(mode.rebuild && { rebuild: mode.rebuild }),
    })),
    clock,
    log,
    signal: signals.drain,
  });
  return lifecycle.add('state', opening);
}

/** The targets that the chosen mirrors name, by name. */
async function openTargets(
  { config, world, lifecycle, mode, signals: { drain } }: RuntimeOptions,
  chosen: readonly MirrorConfig[],
  state: State,
): Promise<ReadonlyMap<string, Target>> {
  const targets = new Map<string, Target>();
  for (const target of config.targets) {
    const first = chosen.find((mirror) => mirror.target === target.name);
    const store = first && state.mirrors.get(first.name);
    if (!first || !store) continue;
    const opened = openTarget({
      config: target,
      found: await detect(target, keptIn(store, mode.dryRun).ledger, world, drain),
      container: first.container,
      world,
      drain,
      patienceMs: mode.patienceMs,
      giveUp: (error) => mode.giveUp(target.name, error),
    });
    // Its queue is empty when it is closed: nothing more is recorded in the state.
    targets.set(target.name, await lifecycle.add(`target ${target.name}`, opened, []));
  }
  return targets;
}

/** Gives each job to the mirror that it names. */
function workerOf(mirrors: readonly Mirror[]): JobWorker<Job> {
  const byName = new Map(mirrors.map((mirror) => [mirror.settings.name, mirror]));
  return {
    run: async (job) => byName.get(job.mirror)?.run(job),
    async runTogether(jobs) {
      const groups = new Map<string, Job[]>();
      for (const job of jobs) {
        const own = groups.get(job.mirror);
        if (own === undefined) groups.set(job.mirror, [job]);
        else own.push(job);
      }
      const alone = await Promise.all(
        [...groups].map(
          async ([mirror, own]) => (await byName.get(mirror)?.runTogether(own)) ?? [],
        ),
      );
      return alone.flat();
    },
    dropped: (job) => byName.get(job.mirror)?.dropped(job),
  };
}

/** A one-shot run scans few files before a thread has started: see startScan. */
function isLikelySmall({ name, index }: MirrorConfig, { stateFolder }: Config): boolean {
  return isSmallIndex(locationOf(stateFolder, name, index));
}

function placeOf(
  mirror: MirrorConfig,
  { targets }: Config,
  findDriver: World['findDriver'],
): string | undefined {
  const target = targets.find(({ name }) => name === mirror.target);
  return target && mirrorPlace(mirror, target, findDriver);
}
