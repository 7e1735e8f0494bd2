import { lutimes, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { findChecksum } from '../../drivers/digest.js';
import { makeWayBelow, saveTo } from '../../drivers/download.js';
import { ObjectError } from '../../drivers/errors.js';
import { verifyReceived } from '../../drivers/received.js';
import { syncNames } from '../../drivers/sync-path.js';
import type { ObjectName } from '../../state/object-index.js';
import { LINK_SUFFIX, type LinkMode } from '../../watcher/links.js';
import { fileAttributes } from './object-metadata.js';

export interface RestoreOptions {
  readonly backend: Backend;
  /** An absolute path of a folder that exists. */
  readonly folder: string;
  /** Of the mirror: only where it preserves links, an object can be one. */
  readonly symlinks: LinkMode;
}

/** Longer than any target of a link can be. */
const LONGEST_TARGET = 65_536;

/** Whether the object of this name becomes a symbolic link. Links are better restored after files, which they could lead elsewhere. */
export function isLinkObject(
  name: ObjectName,
  { symlinks }: Pick<RestoreOptions, 'symlinks'>,
): boolean {
  return symlinks === 'preserve' && name.endsWith(LINK_SUFFIX) && name.length > LINK_SUFFIX.length;
}

/**
 * Makes a file, or a link, of an object, below a folder and never outside of it, with the time and mode that its metadata
 * tell. The bytes are compared with the provider's digest before the file appears. Resolves with its path. Rejects as the
 * driver and the file system do, and with ObjectError when there is something already: nothing is ever replaced.
 */
export async function restoreObject(
  ref: ObjectRef,
  name: ObjectName,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<void> {
  const { backend, folder } = options;
  const info = await backend.headObject(ref, { signal });
  if (isLinkObject(name, options)) return restoreLink(info, name, options, signal);
  await saveTo(`${folder}/`, () => contentOf(info, name, backend, signal), {
    objectName: name,
    driver: backend.name,
    overwriteExisting: false,
    deleteOnFailure: true,
    attributes: fileAttributes(info.metaData),
  });
}

/** The content of an object, compared with the provider's digest; after the last byte it throws when that is another one. */
export async function* contentOf(
  { container, key, size, checksums }: ObjectInfo,
  name: ObjectName,
  backend: Backend,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = await backend.readObject({ container, key }, undefined, { signal });
  yield* verifyReceived(source, {
    objectName: name,
    driver: backend.name,
    size,
    checksum: findChecksum(checksums, backend.hashType),
    signal,
  });
}

async function restoreLink(
  info: ObjectInfo,
  name: ObjectName,
  { backend, folder }: RestoreOptions,
  signal: AbortSignal,
): Promise<void> {
  const objectName = name.slice(0, -LINK_SUFFIX.length);
  const driver = backend.name;
  if (info.size === 0 || info.size > LONGEST_TARGET)
    throw new ObjectError(name, 'is no link: its content is too long for a target', { driver });
  const chunks: Uint8Array[] = [];
  for await (const chunk of contentOf(info, name, backend, signal)) chunks.push(chunk);
  const path = await makeWayBelow(folder, { objectName, driver });
  try {
    await symlink(Buffer.concat(chunks), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ObjectError(name, `was not restored: "${path}" exists already`, {
      driver,
      cause: error,
    });
  }
  const { mtime } = fileAttributes(info.metaData);
  if (mtime !== undefined) await lutimes(path, mtime, mtime);
  await syncNames(dirname(path));
}
