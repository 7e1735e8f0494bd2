import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../drivers/backend.js';
import { findObject } from '../../drivers/find-object.js';
import type { Lease } from '../../lease/lease.js';
import type { Logger } from '../../log.js';
import { temporaryName } from '../../state/durable-file.js';
import type { Ledger } from '../../state/ledger.js';
import type {
  IndexLocation,
  ObjectIndex,
  ObjectName,
  ObjectRecord,
} from '../../state/object-index.js';
import { openSnapshot, type ReadableSnapshot } from '../../state/read-snapshot.js';
import { type SnapshotHeader, UnusableSnapshotError } from '../../state/snapshot-format.js';
import { compareNames } from '../../utf8-order.js';
import type { RemoteFact } from '../decide.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { namesListed } from '../reserved-names.js';
import { listRemote } from '../scan/listing.js';
import type { NextPage } from '../scan/remote-page.js';
import { type ListingSide, openListingSide } from '../scan/sides.js';
import { sortedListing } from '../scan/sorted-listing.js';
import { sameSource } from '../source/source-identity.js';
import type { PathState, SourceView } from '../source/source-view.js';
import { requireRoom } from './keep-snapshot.js';
import { describes, recalled } from './recalled-record.js';
import { fetchSnapshot, snapshotRef } from './snapshot-object.js';

/** A mirror whose index may have been lost. */
export interface RebuiltMirror {
  readonly settings: Pick<
    MirrorSettings,
    'name' | 'container' | 'prefix' | 'trashPrefix' | 'indexSnapshot'
  >;
  readonly parts: {
    readonly backend: Backend;
    readonly lease: Pick<Lease, 'status'>;
    readonly index: Pick<ObjectIndex, 'get' | 'putAll' | 'nameAfter'>;
    readonly location: IndexLocation;
    readonly ledger: Pick<Ledger, 'read' | 'update'>;
    readonly log: Logger;
  };
  readonly source: Pick<SourceView, 'asOpened' | 'statsInOrder'>;
}

/** Records of a snapshot. */
export interface TakenBack {
  readonly records: number;
  /** That the index has now, and did not have before. */
  readonly taken: number;
}

/**
 * Takes back what the index snapshot in the container says, before the first reconcile of a new or damaged index. Of each
 * record only that is believed which the container's listing confirms now: its object is there, with the recorded ETag and
 * size. So it does not matter how old the snapshot is; what it says of a file is compared with the disk by the reconcile
 * that follows. A record whose file is gone is taken only where the source is the same folder as then: elsewhere its
 * object counts as extraneous, as after any loss of the index.
 *
 * Resolves with undefined where no snapshot is wanted, needed or there. Rejects with UnusableSnapshotError, and as the index, the
 * disk and the driver do; what was taken until then is true.
 */
export async function takeBack(
  mirror: RebuiltMirror,
  signal: AbortSignal,
): Promise<TakenBack | undefined> {
  const { settings, parts } = mirror;
  const { backend, location, ledger, log } = parts;
  if (settings.indexSnapshot === undefined || ledger.read().reconciled) return undefined;
  const ref = snapshotRef(settings);
  const info = await findObject(backend, ref, { signal });
  if (info === undefined) return undefined;
  requireRoom(location.folder, info.size);
  const path = temporaryName(join(location.folder, 'index-snapshot'));
  try {
    await fetchSnapshot(backend, ref, info, path, signal);
    const snapshot = await openSnapshot(path);
    try {
      refuseOthers(snapshot.header, mirror);
      await recallMounts(snapshot.header, mirror);
      const result = await takeRecords(snapshot, mirror, signal);
      const { madeAt } = snapshot.header;
      log.info('index snapshot taken back', { mirror: settings.name, madeAt, ...result });
      return result;
    } finally {
      await snapshot.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** @throws UnusableSnapshotError for a snapshot of another mirror or place, or from after the lease in the container */
function refuseOthers(
  { mirror, container, prefix, epoch }: SnapshotHeader,
  { settings, parts: { lease } }: RebuiltMirror,
): void {
  if (mirror !== settings.name)
    throw new UnusableSnapshotError(`is of the mirror ${JSON.stringify(mirror)}`);
  if (container !== settings.container || prefix !== settings.prefix)
    throw new UnusableSnapshotError(`is of another place, ${container}/${prefix}`);
  // Ours is one more than that of the lease that was found.
  const ours = lease.status()?.fence;
  if (epoch !== null && ours !== undefined && epoch >= ours)
    throw new UnusableSnapshotError(
      `was made under number ${epoch} of the lease, and the lease in the container had only come to ${ours - 1}`,
    );
}

function isOfSource(header: SnapshotHeader, { source }: Pick<RebuiltMirror, 'source'>): boolean {
  const then = header.ledger.source;
  return then !== undefined && sameSource(then, source.asOpened());
}

/** Else a file system inside the source that is not mounted now would look like deletes. */
async function recallMounts(header: SnapshotHeader, mirror: RebuiltMirror): Promise<void> {
  const { mounts } = header.ledger;
  if (mounts === undefined || !isOfSource(header, mirror)) return;
  await mirror.parts.ledger.update((document) => ({
    ...document,
    mounts: { ...mounts, ...document.mounts },
  }));
}

async function takeRecords(
  snapshot: ReadableSnapshot,
  mirror: RebuiltMirror,
  signal: AbortSignal,
): Promise<TakenBack> {
  const { header } = snapshot;
  const { index, ledger } = mirror.parts;
  const [then, now] = [header.ledger.metadata, ledger.read().metadata];
  const listed = await openListed(mirror, signal);
  const isSame = isOfSource(header, mirror);
  let [records, taken] = [0, 0];
  try {
    for await (const rows of snapshot.blocks()) {
      signal.throwIfAborted();
      const { statPath } = mirror.source.statsInOrder();
      const entries: Parameters<ObjectIndex['putAll']>[0][number][] = [];
      for (const [name, record] of rows) {
        records += 1;
        const fact = await listed.at(name);
        if (record === undefined || fact === undefined) continue;
        if (!describes(record, fact) || index.get(name) !== undefined) continue;
        const known = recalled(record, then, now);
        const here = isSame ? known : ofFileNow(known, statPath(name));
        if (here !== undefined) entries.push([name, here]);
      }
      await index.putAll(entries);
      taken += entries.length;
    }
  } finally {
    await listed.close();
  }
  return { records, taken };
}

/**
 * The record on another disk, where its inode is that of some other file: with the inode of the file that has its name there, so
 * that nothing looks like a rename. Its content is hashed, as it has another ctime. Undefined: there is no such file.
 */
function ofFileNow(record: ObjectRecord, state: PathState): ObjectRecord | undefined {
  if (state.found !== 'entry' || state.entry.ctimeNs === record.ctimeNs) return undefined;
  return { ...record, inode: state.entry.inode };
}

/** What the container has under names that are asked for in their order. */
interface Listed {
  at(name: ObjectName): Promise<RemoteFact | undefined> | RemoteFact | undefined;
  close(): Promise<void>;
}

async function openListed(
  { settings, parts: { backend, index, location } }: RebuiltMirror,
  signal: AbortSignal,
): Promise<Listed> {
  const { container, prefix } = settings;
  const listing = listRemote(backend, { container, prefix, index }, signal);
  const ordered =
    backend.capabilities.listingOrder === 'none'
      ? sortedListing(listing, location.folder)
      : listing;
  const nextPage: NextPage = async () => (await ordered.next()).value ?? undefined;
  const close = async () => void (await ordered.return());
  const side: ListingSide = await openListingSide(nextPage, namesListed(settings)).catch(
    async (error: unknown) => {
      await close();
      throw error;
    },
  );
  const factAt = (name: ObjectName) => (side.name === name ? side.fact() : undefined);

  async function turnPages(
    turning: Promise<void>,
    name: ObjectName,
  ): Promise<RemoteFact | undefined> {
    await turning;
    for (;;) {
      const next = advanceTo(side, name);
      if (next === undefined) return factAt(name);
      await next;
    }
  }

  return {
    at(name) {
      const turning = advanceTo(side, name);
      return turning === undefined ? factAt(name) : turnPages(turning, name);
    },
    close,
  };
}

/** Advances to this name, or the next that is there; a promise where a page ends before that. */
function advanceTo(side: ListingSide, name: ObjectName): Promise<void> | undefined {
  while (side.name !== undefined && compareNames(side.name, name) < 0) {
    const turning = side.advance();
    if (turning !== undefined) return turning;
  }
  return undefined;
}
