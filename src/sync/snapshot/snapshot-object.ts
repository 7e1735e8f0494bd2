import { open } from 'node:fs/promises';
import { isArchiveClass } from '../../drivers/archive-classes.js';
import type { Backend } from '../../drivers/backend.js';
import { bookkeepingPut } from '../../drivers/bookkeeping.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { StorageError } from '../../drivers/errors.js';
import { fileBody } from '../../drivers/file-body.js';
import { findObject } from '../../drivers/find-object.js';
import { sendObject } from '../../drivers/send.js';
import { UnusableSnapshotError } from '../../state/snapshot-format.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { OWN_FOLDER } from '../reserved-names.js';

/** The object that a mirror's index snapshot is kept in. */
export function snapshotRef({
  container,
  prefix,
}: Pick<MirrorSettings, 'container' | 'prefix'>): ObjectRef {
  return { container, key: `${prefix}${OWN_FOLDER}index-snapshot` };
}

/**
 * Puts a file in the place of the former snapshot, whole or not at all, in one request. In a container that keeps versions it
 * deletes the replaced one, if the credentials allow it. Resolves with the storage class of the former one, where that is
 * an archive, into which only a rule of the container can have moved it. Rejects with the errors of the driver, and with those
 * of the file.
 */
export async function sendSnapshot(
  backend: Backend,
  ref: ObjectRef,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const before = await findObject(backend, ref, { signal });
  const body = await fileBody(path, { ref, driver: backend.name });
  // Never in parts: a process that is killed would leave them behind, and no ledger knows of them.
  const settings = { signal, verifyHash: true };
  const { info } = await sendObject(backend, ref, body, bookkeepingPut(), settings);
  const { versionId: replaced, storageClass } = before?.extra ?? {};
  if (typeof replaced === 'string' && replaced !== info.extra['versionId'])
    await deleteVersion(backend, ref, replaced, signal);
  return isArchiveClass(storageClass) ? String(storageClass) : undefined;
}

async function deleteVersion(
  { capabilities: { versions } }: Backend,
  ref: ObjectRef,
  versionId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await versions?.deleteVersion(ref, versionId, { signal });
  } catch (error) {
    // It stays for as long as the container's own rules say.
    if (!(error instanceof StorageError)) throw error;
  }
}

/**
 * Downloads the snapshot into a new file. Rejects with UnusableSnapshotError when the object is larger than it was said to be,
 * and with the errors of the driver and of the file system.
 */
export async function fetchSnapshot(
  backend: Backend,
  ref: ObjectRef,
  { size }: Pick<ObjectInfo, 'size'>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of await backend.readObject(ref, undefined, { signal })) {
      bytes += chunk.byteLength;
      if (bytes > size) throw new UnusableSnapshotError('was replaced while it was read');
      await file.appendFile(chunk);
    }
  } finally {
    await file.close();
  }
}
