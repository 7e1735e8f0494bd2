import type { Config, MirrorConfig, TargetConfig } from './config/config.js';
import { findDriver } from './drivers/registry/registry.js';
import { fenced } from './lease/fenced.js';
import { openLease } from './leases.js';
import type { Lifecycle } from './lifecycle.js';
import { makeFolders } from './make-folders.js';
import { metadataEpochOf } from './metadata-epoch.js';
import { mirrorPlace } from './mirror-place.js';
import { ownFolders } from './own-folders.js';
import { forgetfulIndex, forgetfulLedger } from './state/discard-writes.js';
import { openStateCopy } from './state/open-copy.js';
import type { MirrorStore } from './state/open-mirror.js';
import { openState } from './state/open-state.js';
import type { SyncObserver } from './sync/events.js';
import { openGuard } from './sync/guard/open-guard.js';
import { createMirror, type Mirror } from './sync/mirror/mirror.js';
import type { MirrorSettings } from './sync/mirror-settings.js';
import { openFileReader } from './sync/source/file-reader.js';
import type { Persistence } from './sync/work/attempt-parts.js';
import type { Job } from './sync/work/job.js';
import { targetLayers } from './target-layers.js';
import { detect, openTarget, type Target, type Workers } from './targets.js';
import type { World } from './world.js';

export interface EngineOptions {
  readonly config: Config;
  readonly world: World;
  readonly lifecycle: Lifecycle;
  /** Names of the mirrors to work on; empty: all. */
  readonly mirrors: readonly string[];
  readonly dryRun: boolean;
  /** Leases that other processes hold are taken over. */
  readonly takeOver: boolean;
  readonly persistence: Persistence;
  /** Milliseconds that a target may be down before `giveUp` is called. */
  readonly patienceMs: number;
  readonly giveUp: (target: string, error: Error) => void;
  readonly observe: SyncObserver;
  readonly drain: AbortSignal;
  readonly interrupt: AbortSignal;
}

/** The mirrors and targets, connected. The lifecycle closes them. */
export interface Runtime {
  readonly mirrors: readonly Mirror[];
  readonly targets: readonly Target[];
  /** Grows with each call to a provider that ends: a sign of progress. */
  steps(): number;
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
  let steps = 0;
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
      step: () => {
        steps += 1;
      },
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
    steps: () => steps,
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
  readonly step: () => void;
}

function openConfiguredTarget(
  options: EngineOptions,
  target: TargetConfig,
  { container, found, workers, step }: TargetParts,
): Target {
  const { clock, log } = options.world;
  return openTarget({
    config: target,
    found,
    container,
    layers: (concurrency) => targetLayers(options, target, concurrency, step),
    workers,
    clock,
    log,
    random: Math.random,
    drain: options.drain,
    patienceMs: options.patienceMs,
    giveUp: (error) => options.giveUp(target.name, error),
  });
}

async function openMirror(
  options: EngineOptions,
  mirror: MirrorConfig,
  target: Target,
  store: MirrorStore,
): Promise<Mirror> {
  const { config, world, lifecycle, dryRun, takeOver, drain, interrupt } = options;
  const { clock, log } = world;
  const kept = keptIn(store, dryRun);
  const metadataEpoch = await metadataEpochOf(kept, mirror, log);
  const guard = await openGuard({
    ...kept,
    rule: mirror.guard,
    clock,
    listener: (holding, why) =>
      options.observe({ mirror: mirror.name, event: 'guard', holding, why }),
  });
  const reader = await lifecycle.add(
    `reader of ${mirror.name}`,
    openFileReader({ source: mirror.source, follow: mirror.symlinks === 'follow' }),
  );
  const lease = await openLease({
    mirror,
    target,
    stateFolder: config.stateFolder,
    ledger: store.ledger,
    dryRun,
    takeOver,
    world,
  });
  await lifecycle.add(`lease of ${mirror.name}`, { close: lease.release });
  return createMirror({
    settings: settingsOf(mirror, target.config, config, { metadataEpoch, dryRun }),
    lease,
    blankTarget: () => findDriver(target.config.driver).blank?.(target.config.settings, mirror),
    // Innermost: a call that waited for a slot or a retry checks the lease last of all.
    backend: target.layered(fenced(target.bare, lease)),
    ...kept,
    index: guard.index,
    guard,
    location: store.location,
    reader,
    queue: target.queue,
    health: target.health,
    persistence: options.persistence,
    statAgain: options.persistence.forEver,
    walksTwice: !options.dryRun,
    clock,
    log,
    random: Math.random,
    observe: options.observe,
    drain,
    interrupt,
  });
}

/** The index and ledger of a mirror; those of a dry run discard writes. */
function keptIn(
  { index, ledger }: MirrorStore,
  dryRun: boolean,
): Pick<MirrorStore, 'index' | 'ledger'> {
  return dryRun
    ? { index: forgetfulIndex(index), ledger: forgetfulLedger(ledger) }
    : { index, ledger };
}

function placeOf(mirror: MirrorConfig, { targets }: Config): string | undefined {
  const target = targets.find(({ name }) => name === mirror.target);
  return target && mirrorPlace(mirror, target);
}

function settingsOf(
  mirror: MirrorConfig,
  { multipartThreshold, partSize }: TargetConfig,
  config: Config,
  { metadataEpoch, dryRun }: { readonly metadataEpoch: number; readonly dryRun: boolean },
): MirrorSettings {
  const { overwrite, extraneous, deletes, metadata } = mirror;
  // A dry run sends nothing, so it reads no large file to hash it first.
  const md5 = metadata.includes('md5') && !dryRun;
  const kept = {
    mtime: metadata.includes('mtime'),
    mode: metadata.includes('mode'),
    owner: metadata.includes('owner'),
    md5,
  };
  return {
    ...mirror,
    partsAbove: multipartThreshold,
    partSize,
    never: ownFolders(config),
    policy: { overwrite, extraneous, deletes, metadata: kept, metadataEpoch },
  };
}
