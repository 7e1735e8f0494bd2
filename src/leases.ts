import { randomUUID } from 'node:crypto';
import type { MirrorConfig } from './config/config.js';
import { layered } from './drivers/layers/layer.js';
import { retry } from './drivers/layers/retry.js';
import { createLease } from './lease/create-lease.js';
import type { LeasedUpload } from './lease/document.js';
import type { Lease } from './lease/lease.js';
import { leaseObject } from './lease/lease-object.js';
import { NO_LEASE } from './lease/no-lease.js';
import { thisHolder } from './lease/this-holder.js';
import type { Ledger } from './state/ledger.js';
import { OWN_FOLDER } from './sync/reserved-names.js';
import type { Target } from './targets.js';
import type { World } from './world.js';

export interface OpenLeaseOptions {
  readonly mirror: MirrorConfig;
  readonly target: Target;
  readonly stateFolder: string;
  readonly ledger: Ledger;
  readonly dryRun: boolean;
  readonly takeOver: boolean;
  /** See LeaseOptions. Undefined: the mirror gives no work to workers. */
  readonly workersTrustMs?: (() => number) | undefined;
  readonly world: World;
}

/** The lease of one mirror, not taken yet. A dry run writes nothing, so it needs none. */
export async function openLease({
  mirror,
  target,
  stateFolder,
  ledger,
  dryRun,
  takeOver,
  workersTrustMs,
  world,
}: OpenLeaseOptions): Promise<Lease> {
  if (dryRun || mirror.leaseMs === 0) return NO_LEASE;
  const { clock, log, random, findDriver } = world;
  const ref = { container: mirror.container, key: `${mirror.prefix}${OWN_FOLDER}lease` };
  // Outside of the target's layers: a renewal must not wait behind the transfers that wait for it.
  const object = leaseObject(layered(target.bare, [retry({ clock, random })]), ref);
  if (!object.conditional) {
    log.info(
      'this provider has no conditional writes: two machines that start at the same moment may both write for a while',
      {
        mirror: mirror.name,
        target: target.config.name,
      },
    );
  }
  return createLease({
    object,
    place: `${mirror.target}:${mirror.container}/${mirror.prefix}`,
    mirror: mirror.name,
    self: await thisHolder(stateFolder, await instanceOf(ledger)),
    periodMs: mirror.leaseMs,
    takeOver,
    howToTakeOver: 'if you know that it is gone for good, start this one with --take-over',
    // A worker takes a lease that is not renewed for one whose holder is gone.
    reachedOnlyHere: () =>
      workersTrustMs === undefined &&
      (findDriver(target.config.driver).reachedOnlyHere?.(target.config.settings, mirror) ?? false),
    workersTrustMs,
    uploads: () => begunUploads(ledger),
    clock,
    log,
  });
}

/** Those whose tokens are known. One that was only asked for cannot be named. */
function begunUploads(ledger: Pick<Ledger, 'read'>): readonly LeasedUpload[] {
  const { unfinishedUploads, abandonedUploads = [] } = ledger.read();
  const all = [...abandonedUploads, ...Object.values(unfinishedUploads)];
  return all.flatMap(({ token, beganAtMs }) => {
    if (token === undefined) return [];
    const { driver, key, opaque } = token;
    return [{ driver, key, opaque, beganAtMs }];
  });
}

/** Identifies this mirror's state among all others; copies of the state share it. */
async function instanceOf(ledger: Ledger): Promise<string> {
  const known = ledger.read().instance;
  if (known !== undefined) return known;
  const instance = randomUUID();
  await ledger.update((document) => ({ ...document, instance }));
  return instance;
}
