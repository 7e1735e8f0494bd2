import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileVersion, isVersion, statDescriptor, versionOf } from '../../file-stat.js';
import { codeOf, Refusal, toFailure } from './failure.js';
import { type FoundFile, findObject } from './lookups.js';
import { describeObject, type WireObject, writeObjects } from './object.js';
import type { GetOrder, ReadBatch } from './protocol.js';
import type { Store } from './store.js';

/** Reads many small objects in one go. What keeps one of them from being read does not keep the others. */
export function getObjects(store: Store, { container, keys, sizes }: GetOrder): ReadBatch {
  const content = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const objects: WireObject[] = [];
  const failed: ReadBatch['failed'][number][] = [];
  let filled = 0;
  for (const [row, key] of keys.split('\0').entries()) {
    const size = sizes[row] ?? 0;
    try {
      const found = findObject(store, container, key);
      const object = describeObject(key, found.stat, found.record);
      // Of one with another size the caller makes an error.
      if (object.size === size && size > 0)
        readWhole(
          `${store.container(container)}/${key}`,
          found,
          content.subarray(filled, filled + size),
        );
      objects.push(object);
      filled += object.size === size ? size : 0;
    } catch (error) {
      failed.push([row, toFailure(error)]);
    }
  }
  return { objects: writeObjects(objects), content: content.buffer, failed };
}

/** Reads the very version that was found. */
function readWhole(path: string, { key, stat }: FoundFile, into: Uint8Array): void {
  const fd = openFile(path, key);
  try {
    const version = versionOf(stat);
    refuseOther(fd, key, version);
    for (let done = 0; done < into.byteLength; ) {
      const got = readSync(fd, into, done, into.byteLength - done, done);
      if (got === 0) throw replaced(key);
      done += got;
    }
    refuseOther(fd, key, version);
  } finally {
    closeSync(fd);
  }
}

/** Follows no symbolic link, and does not wait for a writer as opening a FIFO would. */
function openFile(path: string, key: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(codeOf(error) ?? ''))
      throw new Refusal({ kind: 'no-object', key });
    throw error;
  }
}

function refuseOther(fd: number, key: string, version: FileVersion): void {
  if (!isVersion(statDescriptor(fd), version)) throw replaced(key);
}

function replaced(key: string): Refusal {
  return new Refusal({ kind: 'unstable', key, problem: 'was replaced while it was read' });
}
