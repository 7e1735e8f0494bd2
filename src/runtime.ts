import { type PreparedChange, prepareChange, type RuntimeChange } from './change-runtime.js';
import type { Config, MirrorConfig } from './config/config.js';
import type { Coordinator } from './coordinator.js';
import { makeFolders } from './make-folders.js';
import type { OpenedMirror } from './opened-mirror.js';
import { openPauses, type Pauses } from './pauses.js';
import type { RuntimeOptions } from './runtime-options.js';
import { openMirrorOf, openTargetOf, type RuntimeParts, stateOf } from './runtime-parts.js';
import { openStateCopy } from './state/open-copy.js';
import { isSmallIndex } from './state/open-index.js';
import { locationOf, openState, type State } from './state/open-state.js';
import type { Mirror } from './sync/mirror/mirror.js';
import { prepareScanThread } from './sync/scan/scan-thread.js';
import type { Target } from './targets.js';

/** The mirrors and targets, connected. The lifecycle closes them. */
export interface Runtime {
  /** As they are now, in the order of the configuration. */
  readonly mirrors: readonly Mirror[];
  /** Of a run that cannot be paused: none. */
  readonly pauses: Pauses | undefined;
  /** Undefined: no other machine helps. */
  readonly coordinator: Coordinator | undefined;
  /** One mirror with what is its own; undefined: none of this name is open. */
  opened(mirror: string): OpenedMirror | undefined;
  /** Opens what another configuration needs besides, while everything goes on. Rejects with the first error, and changes nothing. */
  prepare(change: RuntimeChange): Promise<PreparedChange>;
  /** Drops waiting jobs, and resolves when no job runs. */
  stop(): Promise<void>;
}

/** Opens the state, the targets and the mirrors, in this order. Rejects with the first error; `lifecycle` closes the rest. */
export async function openRuntime(given: RuntimeOptions): Promise<Runtime> {
  const { config, mirrors: names, ...options } = given;
  const { world, lifecycle, mode } = options;
  const chosen = config.mirrors.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const { name, driver } of config.targets)
    if (chosen.some(({ target }) => target === name)) world.findDriver(driver).prepare?.();
  if (mode.persistence.keepsTrying || !chosen.every((mirror) => isLikelySmall(mirror, config)))
    prepareScanThread();
  for (const { source, createSource } of chosen)
    if (createSource && !mode.dryRun) await makeFolders(source);

  const state = await openChosenState(given, chosen);
  const pauses = mode.pausable
    ? await lifecycle.add('pauses', openPauses({ stateFolder: config.stateFolder, ...world }))
    : undefined;
  const coordinator = await openCoordinator(given);
  const mirrors = new Map<string, OpenedMirror>();
  const targets = await openTargets({ options, mirrors, coordinator }, config, chosen, state);
  const parts: RuntimeParts = { options, state, pauses, coordinator, targets, mirrors };
  for (const mirror of chosen) await openMirrorOf(parts, config, mirror);

  return {
    get mirrors() {
      return [...mirrors.values()].map(({ mirror }) => mirror);
    },
    pauses,
    coordinator,
    opened: (name) => mirrors.get(name),
    prepare: (change) => prepareChange(parts, change),
    async stop() {
      const queues = [...targets.values()].map(({ queue }) => queue);
      for (const queue of queues) queue.clear();
      await Promise.all(queues.map((queue) => queue.whenIdle()));
      await Promise.all([...mirrors.values()].map(({ mirror }) => mirror.flush()));
    },
  };
}

/** Only of a daemon: what runs once is done by the time that a worker would have seen it. */
async function openCoordinator({
  config,
  world,
  lifecycle,
  mode,
}: RuntimeOptions): Promise<Coordinator | undefined> {
  const { queue, stateFolder } = config;
  if (queue === undefined || !mode.persistence.keepsTrying) return undefined;
  // With it comes what few need.
  const { openCoordinator: open } = await import('./coordinator.js');
  return lifecycle.add('queue', open({ queue, stateFolder }, world), []);
}

function openChosenState(
  { config, world, lifecycle, mode, signals }: RuntimeOptions,
  chosen: readonly MirrorConfig[],
): Promise<State> {
  const { clock, log } = world;
  const open = mode.dryRun ? openStateCopy : openState;
  const opening = open({
    folder: config.stateFolder,
    mirrors: chosen.map((mirror) => stateOf(mirror, config, { world, mode })),
    clock,
    log,
    signal: signals.drain,
  });
  return lifecycle.add('state', opening);
}

/** The targets that the chosen mirrors name, by name. */
async function openTargets(
  parts: Pick<RuntimeParts, 'options' | 'mirrors' | 'coordinator'>,
  config: Config,
  chosen: readonly MirrorConfig[],
  state: State,
): Promise<Map<string, Target>> {
  const targets = new Map<string, Target>();
  for (const target of config.targets) {
    const first = chosen.find((mirror) => mirror.target === target.name);
    const store = first && state.mirrors.get(first.name);
    if (!first || !store) continue;
    const { container } = first;
    targets.set(target.name, await openTargetOf(parts, target, { container, store }));
  }
  return targets;
}

/** A one-shot run scans few files before a thread has started: see startScan. */
function isLikelySmall({ name, index }: MirrorConfig, { stateFolder }: Config): boolean {
  return isSmallIndex(locationOf(stateFolder, name, index));
}
