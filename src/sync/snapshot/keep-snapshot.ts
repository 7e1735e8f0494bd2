import { statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isoTime } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { Lease } from '../../lease/lease.js';
import type { Logger } from '../../log.js';
import { temporaryName } from '../../state/durable-file.js';
import type { Ledger } from '../../state/ledger.js';
import type { IndexLocation, ObjectIndex } from '../../state/object-index.js';
import {
  SNAPSHOT_FORMAT,
  SNAPSHOT_VERSION,
  type SnapshotHeader,
} from '../../state/snapshot-format.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { makeSnapshot } from './make-snapshot.js';
import { isSnapshotDue } from './snapshot-due.js';
import { sendSnapshot, snapshotRef } from './snapshot-object.js';

/** A mirror as its index snapshot is made. */
export interface SnapshotMirror {
  readonly settings: Pick<MirrorSettings, 'name' | 'container' | 'prefix' | 'indexSnapshot'>;
  readonly parts: {
    /** Changes nothing but while the lease is held. */
    readonly backend: Backend;
    readonly lease: Pick<Lease, 'status'>;
    readonly index: Pick<ObjectIndex, 'count' | 'flush'>;
    readonly location: IndexLocation;
    readonly ledger: Pick<Ledger, 'read' | 'update'>;
    readonly clock: Pick<Clock, 'now'>;
    readonly log: Logger;
  };
}

/** Bytes for each record, and for all else, that must be free on the state's disk: a full one stops the mirror. */
const ROOM_PER_RECORD = 256;
const ROOM = 64 * 1024 ** 2;

/**
 * Puts a copy of the index into the container, if one is due. `bytes`: of the files of the mirror. Rejects as the index, the
 * disk and the driver do, and with the reason of `signal`; the former snapshot is then still there.
 */
export async function keepSnapshot(
  { settings, parts }: SnapshotMirror,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  const { indexSnapshot: rule, name } = settings;
  const { backend, index, location, ledger, clock, log } = parts;
  const records = index.count();
  const document = ledger.read();
  const due =
    rule !== undefined &&
    document.reconciled &&
    isSnapshotDue(rule, { records, bytes }, document.snapshot?.madeAtMs, clock.now());
  if (!due) return;
  requireRoom(location.folder, records * ROOM_PER_RECORD);
  const madeAtMs = clock.now();
  const path = temporaryName(join(location.folder, 'index-snapshot'));
  try {
    await index.flush();
    const header = headerOf(settings, parts, madeAtMs);
    const written = await makeSnapshot({ location, path, header }, signal);
    const archivedAs = await sendSnapshot(backend, snapshotRef(settings), path, signal);
    if (archivedAs !== undefined)
      log.warn('the former index snapshot was archived: leave .longshore/ out of that rule', {
        mirror: name,
        storageClass: archivedAs,
      });
    await ledger.update((before) => ({ ...before, snapshot: { madeAtMs } }));
    log.info('index snapshot written', { mirror: name, ...written });
  } finally {
    await rm(path, { force: true });
  }
}

function headerOf(
  { name, container, prefix }: SnapshotMirror['settings'],
  { lease, ledger }: SnapshotMirror['parts'],
  madeAtMs: number,
): SnapshotHeader {
  const { source, mounts, metadata } = ledger.read();
  return {
    format: SNAPSHOT_FORMAT,
    version: SNAPSHOT_VERSION,
    mirror: name,
    container,
    prefix,
    epoch: lease.status()?.fence ?? null,
    madeAt: isoTime(madeAtMs),
    ledger: {
      ...(source && { source }),
      ...(mounts && { mounts }),
      ...(metadata && { metadata }),
    },
  };
}

/** @throws Error when so many bytes, and some for the mirror's own work, are not free on the disk of a folder */
export function requireRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = bytes + ROOM;
  if (needed <= bavail * bsize) return;
  throw new Error(
    `${folder} has ${bavail * bsize} bytes free, and ${needed} are needed meanwhile: make room on its disk`,
  );
}
