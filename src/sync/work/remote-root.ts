import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { PartsThreads } from '../../drivers/parts-threads.js';
import type { Logger } from '../../log.js';
import type { Ledger } from '../../state/ledger.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { containerStore } from '../store/container-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { filePuts } from '../store/put-file.js';
import { createSetAside, type SetAside } from '../store/set-aside.js';
import { createTrash, type Trash } from '../trash/trash.js';
import { createOrphans, type Orphans } from '../uploads/orphans.js';
import { type UnfinishedUploads, unfinishedUploads } from '../uploads/unfinished-uploads.js';

/** A mirror's container and prefix. */
export interface RemoteRoot {
  readonly store: ObjectStore;
  /** Where what is deleted or overwritten is kept; undefined: it is not. */
  readonly trash: Trash | undefined;
  /** Multipart uploads that were begun, and the abort of those that no job continues. */
  readonly uploads: UnfinishedUploads;
  readonly orphans: Orphans;
  /** Undefined: what is overwritten is in the trash. */
  readonly aside: SetAside | undefined;
}

export interface RemoteRootOptions {
  readonly settings: MirrorSettings;
  readonly backend: Backend;
  /** Read files that go in parts. */
  readonly threads: PartsThreads;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
}

export function openRemoteRoot({
  settings,
  backend,
  threads,
  ledger,
  clock,
  log,
}: RemoteRootOptions): RemoteRoot {
  const { container, prefix, trashPrefix, policy, partsAbove, partSize, headers } = settings;
  const where = { backend, container, prefix };
  const follow = settings.symlinks === 'follow';
  const uploads = unfinishedUploads({
    ledger,
    driver: backend.name,
    container,
    prefix,
    clock,
    log,
  });
  const orphans = createOrphans({ ...where, uploads, log });
  // What the trash is to hold is compared with this digest, which providers report of copies.
  const wholeMd5 = policy.deletes === 'trash';
  const files = filePuts({ backend, follow, partsAbove, partSize, wholeMd5, threads });
  return {
    store: containerStore({ ...where, policy, headers, follow, files }),
    trash: policy.deletes === 'trash' ? createTrash({ ...where, trashPrefix, clock }) : undefined,
    uploads,
    orphans,
    aside: policy.deletes === 'trash' ? undefined : createSetAside({ ...where, ledger, log }),
  };
}
