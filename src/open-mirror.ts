import type { Clock } from './clock.js';
import type { MirrorConfig } from './config/config.js';
import type { Backend } from './drivers/backend.js';
import { openBucket } from './drivers/layers/bucket.js';
import { layered } from './drivers/layers/layer.js';
import { readOnly } from './drivers/layers/read-only.js';
import { throttle } from './drivers/layers/throttle.js';
import { createPartsThreads } from './drivers/parts-threads.js';
import { attributesToRead } from './kept-attributes.js';
import { fence } from './lease/fence.js';
import type { Lease } from './lease/lease.js';
import { metadataEpochOf } from './metadata-epoch.js';
import { mirrorSettings } from './mirror-settings.js';
import type { RuntimeOptions } from './runtime-options.js';
import { forgetfulIndex, forgetfulLedger } from './state/discard-writes.js';
import type { MirrorStore } from './state/open-mirror.js';
import { openUnderWay } from './state/under-way.js';
import { openGuard } from './sync/guard/open-guard.js';
import { createMirror, type Mirror } from './sync/mirror/mirror.js';
import type { MirrorParts, Verifying } from './sync/mirror/mirror-parts.js';
import { openFileReader } from './sync/source/file-reader.js';
import type { PauseGate } from './sync/work/pause-gate.js';
import { createPausedWork } from './sync/work/paused-work.js';
import type { Target } from './targets.js';

/** What a mirror is opened on. */
export interface MirrorPlace {
  readonly target: Target;
  readonly store: MirrorStore;
  /** Undefined: the mirror cannot be paused. */
  readonly gate: PauseGate | undefined;
  readonly lease: Lease;
}

export async function openMirror(
  options: Omit<RuntimeOptions, 'mirrors'>,
  mirror: MirrorConfig,
  { target, store, gate, lease }: MirrorPlace,
): Promise<Mirror> {
  const { config, world, lifecycle, observe } = options;
  const { dryRun, makesPlan = false, persistence } = options.mode;
  const { clock, log, random, findDriver } = world;
  const kept = keptIn(store, dryRun);
  const metadataEpoch = await metadataEpochOf(kept, mirror, log);
  const guard = await openGuard({
    ...kept,
    // What a plan would hold is seen by a person before it is applied.
    rule: makesPlan ? undefined : mirror.guard,
    clock,
    listener: (holding, why) => observe({ mirror: mirror.name, event: 'guard', holding, why }),
  });
  const reader = await lifecycle.add(
    `reader of ${mirror.name}`,
    openFileReader({
      source: mirror.source,
      follow: mirror.symlinks === 'follow',
      attributes: attributesToRead(mirror, log),
    }),
    [],
  );
  const partsThreads = createPartsThreads();
  await lifecycle.add(`threads of ${mirror.name}`, { close: async () => partsThreads.close() }, []);
  const backend = backendOf(target, lease, options);
  const elsewhere = await elsewhereOf(options, mirror, store);
  const paused = gate && createPausedWork(target.queue, gate, options.signals.drain);
  return createMirror({
    settings: mirrorSettings(config, mirror, target.config, findDriver, { metadataEpoch, dryRun }),
    lease,
    blankTarget: () => findDriver(target.config.driver).blank?.(target.config.settings, mirror),
    backend,
    verifying: verifyingOf(mirror, target, backend, clock),
    ...kept,
    ...elsewhere,
    index: guard.index,
    guard,
    location: store.location,
    reader,
    partsThreads,
    queue: paused?.queue ?? target.queue,
    paused,
    health: target.health,
    persistence,
    statAgain: persistence.keepsTrying,
    walksTwice: !dryRun,
    batches: options.mode.batches ?? !dryRun,
    makesPlan,
    clock,
    log,
    random,
    observe,
    ...options.signals,
  });
}

/** What other processes do for the mirror, or may have been about to do when the last process of it ended. */
async function elsewhereOf(
  options: Omit<RuntimeOptions, 'mirrors'>,
  mirror: MirrorConfig,
  { location: { folder } }: MirrorStore,
): Promise<Pick<MirrorParts, 'remote' | 'remoteReadBack' | 'remoteParts' | 'underWay'>> {
  const { remoteOf, remoteReadBackOf, remotePartsOf, mode, world } = options;
  const { clock, log } = world;
  if (mode.dryRun) return {};
  const remote = remoteOf?.(mirror);
  const remoteReadBack = remoteReadBackOf?.(mirror);
  const remoteParts = remotePartsOf?.(mirror);
  const underWay = await openUnderWay({ folder, mirror: mirror.name, clock, log });
  const isUnused = remote === undefined && underWay.left.length === 0;
  return { remoteReadBack, remoteParts, ...(isUnused ? {} : { remote, underWay }) };
}

/** The target as a mirror sees it. The changes of a dry run reach no layer, and so neither limits nor the provider. */
function backendOf(
  target: Target,
  lease: Lease,
  { mode: { dryRun }, world: { log } }: Pick<RuntimeOptions, 'mode' | 'world'>,
): Backend {
  // The lease is innermost: a call that waited for a slot or a retry checks it last of all.
  const backend = layered(target.bare, [fence(lease), ...target.layers]);
  if (!dryRun) return backend;
  return readOnly(backend, ({ operation, container, key }) =>
    log.debug('suppressed', { operation, container, key }),
  );
}

function verifyingOf(
  { verify }: MirrorConfig,
  { throttledAtMs }: Target,
  backend: Backend,
  clock: Clock,
): Verifying | undefined {
  if (verify === undefined) return undefined;
  const bytesPerSecond = () => verify.bytesPerSecond;
  const pace = openBucket(clock, bytesPerSecond);
  const slowly = throttle({ clock, bytesPerSecond, open: () => pace });
  return { backend: layered(backend, [slowly]), draw: pace.take, throttledAtMs };
}

/** The index and ledger of a mirror; those of a dry run discard writes. */
export function keptIn(
  { index, ledger }: MirrorStore,
  dryRun: boolean,
): Pick<MirrorStore, 'index' | 'ledger'> {
  return dryRun
    ? { index: forgetfulIndex(index), ledger: forgetfulLedger(ledger) }
    : { index, ledger };
}
