import type { Config, MirrorConfig, TargetConfig } from './config/config.js';
import type { Coordinator } from './coordinator.js';
import { mirrorPlace } from './mirror-place.js';
import { keptIn } from './open-mirror.js';
import { type OpenedLease, type OpenedMirror, openMirrorApart } from './opened-mirror.js';
import type { Pauses } from './pauses.js';
import type { RuntimeOptions } from './runtime-options.js';
import type { MirrorStore, MirrorToOpen } from './state/open-mirror.js';
import type { State } from './state/open-state.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { Job } from './sync/work/job.js';
import type { JobWorker } from './sync/work/queue.js';
import { detect, openTarget, type Target } from './targets.js';
import type { World } from './world.js';

/** How the targets and mirrors of a runtime are opened, whatever configuration they are of. */
export type OpenOptions = Omit<RuntimeOptions, 'config' | 'mirrors'>;

/** What a runtime has open. Both maps change when a configuration is loaded again. */
export interface RuntimeParts {
  readonly options: OpenOptions;
  readonly state: State;
  readonly pauses: Pauses | undefined;
  /** Undefined: no other machine helps. */
  readonly coordinator: Coordinator | undefined;
  /** By name. */
  readonly targets: Map<string, Target>;
  /** By name, in the order of the configuration. */
  readonly mirrors: Map<string, OpenedMirror>;
}

/** The first mirror of a target, by whose container the target is tried. */
export interface FirstMirror {
  readonly container: string;
  /** Its ledger keeps what the target's driver detects. */
  readonly store: MirrorStore;
}

/** Opens a target, whose queue takes jobs. It is not among those of `parts` yet. */
export async function openTargetOf(
  { options, mirrors, coordinator }: Pick<RuntimeParts, 'options' | 'mirrors' | 'coordinator'>,
  config: TargetConfig,
  { container, store }: FirstMirror,
): Promise<Target> {
  const { world, lifecycle, mode, signals } = options;
  const target = await openTarget({
    config,
    found: await detect(config, keptIn(store, mode.dryRun).ledger, world, signals.drain),
    container,
    world,
    drain: signals.drain,
    shared: coordinator?.limitsOf(config.name),
    patienceMs: mode.patienceMs,
    giveUp: (error) => mode.giveUp(config.name, error),
  });
  target.queue.start(workerOf((name) => mirrors.get(name)?.mirror));
  // Its queue is empty when it is closed: nothing more is recorded in the state.
  return lifecycle.add(`target ${config.name}`, target, []);
}

/** Opens a mirror whose target and state are open, and adds it to `parts`. `lease`: one that it holds already. */
export async function openMirrorOf(
  parts: RuntimeParts,
  config: Config,
  mirror: MirrorConfig,
  lease?: OpenedLease,
): Promise<Mirror> {
  const { options, state, pauses, coordinator, targets, mirrors } = parts;
  const target = targets.get(mirror.target);
  const store = state.mirrors.get(mirror.name);
  if (!target || !store)
    throw new Error(
      `mirror ${mirror.name} names target ${mirror.target}, which the configuration does not have`,
    );
  const gate = pauses?.gateOf(mirror.name, mirror.target);
  const needs = [state, target];
  const base = { target, store, gate, lease, needs, coordinator };
  const opened = await openMirrorApart({ ...options, config }, mirror, base);
  mirrors.set(mirror.name, opened);
  return opened.mirror;
}

/** What the state of a mirror is opened with. */
export function stateOf(
  mirror: MirrorConfig,
  { targets }: Pick<Config, 'targets'>,
  { world: { findDriver }, mode }: Pick<OpenOptions, 'world' | 'mode'>,
): MirrorToOpen {
  return {
    name: mirror.name,
    engine: mirror.index,
    place: placeOf(mirror, targets, findDriver),
    ...(mode.rebuild && { rebuild: mode.rebuild }),
  };
}

function placeOf(
  mirror: MirrorConfig,
  targets: Config['targets'],
  findDriver: World['findDriver'],
): string | undefined {
  const target = targets.find(({ name }) => name === mirror.target);
  return target && mirrorPlace(mirror, target, findDriver);
}

/** Gives each job to the mirror that it names. One that has ended has no jobs. */
function workerOf(find: (name: string) => Mirror | undefined): JobWorker<Job> {
  return {
    run: async (job) => find(job.mirror)?.run(job),
    async runTogether(jobs) {
      const groups = new Map<string, Job[]>();
      for (const job of jobs) {
        const own = groups.get(job.mirror);
        if (own === undefined) groups.set(job.mirror, [job]);
        else own.push(job);
      }
      const alone = await Promise.all(
        [...groups].map(async ([mirror, own]) => (await find(mirror)?.runTogether(own)) ?? []),
      );
      return alone.flat();
    },
    dropped: (job) => find(job.mirror)?.dropped(job),
  };
}
