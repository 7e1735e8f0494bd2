import type { MirrorConfig } from './config/config.js';
import type { Coordinator } from './coordinator.js';
import type { Lease } from './lease/lease.js';
import { openLease } from './leases.js';
import { type Closable, createLifecycle, type Lifecycle } from './lifecycle.js';
import { openMirror } from './open-mirror.js';
import type { RuntimeOptions } from './runtime-options.js';
import { childController } from './signal.js';
import type { MirrorStore } from './state/open-mirror.js';
import type { Mirror } from './sync/mirror/mirror.js';
import type { PauseGate } from './sync/work/pause-gate.js';
import type { Target } from './targets.js';

/** A mirror that is open, with what is its own: it can be ended while the others go on. */
export interface OpenedMirror {
  readonly mirror: Mirror;
  readonly target: Target;
  readonly lease: OpenedLease;
  readonly stop: MirrorStop;
  /** Closes its reader and its threads. The lifecycle does so at the latest. */
  readonly threads: Closable;
}

/** A lease, and what the lifecycle closes of it. */
export interface OpenedLease {
  readonly lease: Lease;
  readonly closable: Closable;
}

/** The signals of one mirror. Those of the program abort them, too. */
export interface MirrorStop {
  /** It takes no more work, and lets what runs finish. */
  drain(reason: Error): void;
  /** It drops what runs. */
  interrupt(reason: Error): void;
  /** The signals of the program do not reach it any more. */
  unlink(): void;
}

/** What a mirror is opened on; all of it stays open until the mirror is closed. */
export interface MirrorBase {
  readonly target: Target;
  readonly store: MirrorStore;
  /** Undefined: the mirror cannot be paused. */
  readonly gate: PauseGate | undefined;
  /** One that is held already; undefined: the mirror gets its own. */
  readonly lease: OpenedLease | undefined;
  /** What its lease needs to be released. */
  readonly needs: readonly Closable[];
  /** Gives its batches to workers; undefined: none work for any mirror. */
  readonly coordinator: Coordinator | undefined;
}

export const CLOSE_MS = 30_000;

/** Rejects with the first error; the lifecycle closes what was opened by then. */
export async function openMirrorApart(
  options: Omit<RuntimeOptions, 'mirrors'>,
  config: MirrorConfig,
  { target, store, gate, lease, needs, coordinator: all }: MirrorBase,
): Promise<OpenedMirror> {
  const { world, lifecycle, signals } = options;
  const drain = childController(signals.drain);
  const interrupt = childController(signals.interrupt);
  const own = createLifecycle({ clock: world.clock, deadlineMs: CLOSE_MS });
  const coordinator = config.workers ? all : undefined;
  const below = coordinator === undefined ? [] : [coordinator];
  const threads = await lifecycle.add(`threads of ${config.name}`, { close: own.close }, below);
  const held =
    lease ?? (await openOwnLease(options, config, { target, store, needs, coordinator }));
  const helped =
    coordinator &&
    (await own.add(
      `workers of ${config.name}`,
      coordinator.serve({
        mirror: config,
        target: target.config,
        lease: held.lease,
        gate,
        drain: drain.controller.signal,
      }),
      [],
    ));
  const mirror = await openMirror(
    {
      ...options,
      lifecycle: own,
      signals: { drain: drain.controller.signal, interrupt: interrupt.controller.signal },
      ...(helped && {
        remoteOf: () => helped.effects,
        remoteReadBackOf: () => helped.readBack,
        remotePartsOf: () => helped.parts,
      }),
    },
    config,
    { target, store, gate, lease: held.lease },
  );
  return {
    mirror,
    target,
    lease: held,
    threads,
    stop: {
      drain: (reason) => drain.controller.abort(reason),
      interrupt: (reason) => interrupt.controller.abort(reason),
      unlink() {
        drain.unlink();
        interrupt.unlink();
      },
    },
  };
}

async function openOwnLease(
  { config, mode: { dryRun, takeOver }, world, lifecycle }: Omit<RuntimeOptions, 'mirrors'>,
  mirror: MirrorConfig,
  {
    target,
    store,
    needs,
    coordinator,
  }: Pick<MirrorBase, 'target' | 'store' | 'needs' | 'coordinator'>,
): Promise<OpenedLease> {
  const { stateFolder } = config;
  const { ledger } = store;
  const workersTrustMs = coordinator && (() => coordinator.trustMs(mirror.name));
  const lease = await openLease({
    mirror,
    target,
    stateFolder,
    ledger,
    dryRun,
    takeOver,
    workersTrustMs,
    world,
  });
  const closable = { close: lease.release };
  await lifecycle.add(`lease of ${mirror.name}`, closable, needs);
  return { lease, closable };
}

/** Closes a mirror that has ended: nothing of it runs, and what it remembers is written. `keepsLease`: it is not released, as the mirror begins again. */
export async function closeMirror(
  lifecycle: Lifecycle,
  { threads, lease, stop }: Pick<OpenedMirror, 'threads' | 'lease' | 'stop'>,
  keepsLease: boolean,
): Promise<void> {
  await lifecycle.remove(threads);
  if (!keepsLease) await lifecycle.remove(lease.closable);
  stop.unlink();
}
