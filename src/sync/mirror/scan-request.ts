import { type DueRun, seesWholeMirror } from '../run.js';
import type { ScanRequest } from '../scan/scan-items.js';
import type { InnerMounts } from '../source/inner-mounts.js';
import {
  acceptSourceIfMeant,
  notMounted,
  type SourceView,
  walkSettingsOf,
} from '../source/source-view.js';
import { BATCH_FILES, REMOTE_BATCH_FILES } from '../upload-batch.js';
import type { MirrorParts } from './mirror-parts.js';
import type { MirrorWork } from './mirror-work.js';

/** What a scan's request is made of. */
export interface RequestingMirror {
  readonly parts: Pick<
    MirrorParts,
    | 'settings'
    | 'backend'
    | 'location'
    | 'ledger'
    | 'index'
    | 'batches'
    | 'remote'
    | 'clock'
    | 'log'
  >;
  readonly source: Pick<SourceView, 'reopen' | 'deleteVeto' | 'replaced' | 'asOpened' | 'mounts'>;
  readonly work: Pick<MirrorWork, 'deletesVetoed'>;
}

/** What the scan needs to know. */
export async function scanRequestOf(mirror: RequestingMirror, due: DueRun): Promise<ScanRequest> {
  const { settings, backend, location, clock, index, batches, remote } = mirror.parts;
  // The scan's own view of the index must have the records of this moment.
  await index.flush();
  return {
    root: settings.source,
    sides: due.sides,
    under: due.under,
    remoteRoot: { prefix: settings.prefix, trashPrefix: settings.trashPrefix },
    settings: walkSettingsOf(settings, backend.capabilities.limits.maxKeyBytes),
    policy: settings.policy,
    location,
    beganMs: clock.now(),
    batchFiles: batches && due.sides.source ? batchFilesOf(remote) : 0,
    ...(due.sides.source && (await openForWalk(mirror, due))),
  };
}

function batchFilesOf(remote: MirrorParts['remote']): number {
  return remote === undefined ? BATCH_FILES : REMOTE_BATCH_FILES;
}

/** Decides whether a walk of the source may find deletes, and remembers the file systems in it. */
async function openForWalk(
  mirror: RequestingMirror,
  due: DueRun,
): Promise<Pick<ScanRequest, 'noDeletes' | 'mounts' | 'acceptEmpty'>> {
  const { parts, source } = mirror;
  const { settings, ledger, log, index } = parts;
  source.reopen(); // a source that was missing, and is back, is trusted again from here on
  const known = await rememberMounts(mirror);
  const deleteVeto = source.deleteVeto();
  const noDeletes = ledger.read().reconciled ? deleteVeto : notBefore(settings.name, due);
  // Without any record, nothing can be deleted or replaced: a new mirror may begin with an empty folder.
  const reason = index.count() === 0 ? undefined : deleteVeto;
  if (reason !== undefined)
    log.warn('deletes are withheld', { mirror: settings.name, why: reason });
  mirror.work.deletesVetoed(reason);
  if (index.count() === 0) await forgetFirstSight(mirror);
  return {
    ...(noDeletes === undefined ? {} : { noDeletes }),
    mounts: { known, whenNotMounted: notMounted(acceptSourceIfMeant(settings.name)) },
    acceptEmpty: ledger.read().acceptedEmpty === true,
  };
}

/** Nothing was mirrored yet, so the source may have been seen before its disk was mounted: forgets the identity of the mount point. */
async function forgetFirstSight({ source, parts: { ledger } }: RequestingMirror): Promise<void> {
  if (source.replaced() !== undefined)
    await ledger.update((document) => ({ ...document, source: source.asOpened() }));
}

/** Remembers the file systems in the source before their files are mirrored: later, one that is not mounted looks like deletes. */
async function rememberMounts({
  source,
  parts: { ledger },
}: RequestingMirror): Promise<InnerMounts> {
  const before = ledger.read().mounts ?? {};
  const mounts = source.mounts();
  if (Object.keys(mounts).length > Object.keys(before).length)
    await ledger.update((document) => ({ ...document, mounts }));
  return mounts;
}

/** Why a scan before the first reconcile finds no deletes: a new container may hold anything, and deletes are shown first. */
function notBefore(mirror: string, due: DueRun): string {
  return seesWholeMirror(due)
    ? `the first reconcile deletes nothing; the next one will (on its timer, or by: longshore reconcile ${mirror})`
    : `nothing is deleted before a reconcile has finished (longshore reconcile ${mirror})`;
}
