import type { ObjectRef, PutOptions } from '../call.js';
import type { BatchedObject, CopyReplacement } from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import { CHECKED } from './digests.js';
import { attributesOf } from './file-metadata.js';
import { containerNameProblem } from './names.js';
import { type BatchOrder, NO_PERMISSIONS, type PutOrder, SKIPPED } from './protocol.js';
import { writeAbout } from './record.js';
import { toStorageError } from './storage-error.js';

const context = { driver: 'local' };

/** Content type and metadata as JSON; with the longest key and the digest, one page of the records holds it. Amazon S3: 2,048. */
const LONGEST_ABOUT_BYTES = 8192;

/** Returns the container's name. Rejects a name that no container can have as a missing container: it must not become part of a path. */
export function existable(container: string): string {
  if (containerNameProblem(container) !== undefined)
    throw toStorageError({ kind: 'no-container', container });
  return container;
}

export function putOrder(
  ref: ObjectRef,
  { checksums, precondition, ...described }: PutOptions,
): PutOrder {
  const unchecked = checksums.find(
    ({ algorithm }) => !CHECKED.some((checked) => checked === algorithm),
  );
  if (unchecked !== undefined)
    throw new UnsupportedOperationError(`no ${unchecked.algorithm} is computed here`, context);
  return { ...ref, ...describe(described), checksums, precondition };
}

/** The columns of a batch, and by its position why an object cannot be stored at all: the worker skips it. */
export function batchOrder(
  container: string,
  objects: readonly BatchedObject[],
  memory: ArrayBuffer,
  checkKey: (key: string) => void,
): { readonly order: BatchOrder; readonly refused: ReadonlyMap<number, Error> } {
  const refused = new Map<number, Error>();
  const abouts: string[] = [];
  const mtimes: string[] = [];
  const permissions = new Int16Array(objects.length);
  const starts = new Float64Array(objects.length);
  const sizes = new Float64Array(objects.length);
  let end = 0;
  for (const [at, { key, size, options }] of objects.entries()) {
    starts[at] = end;
    sizes[at] = size;
    end += size;
    try {
      checkKey(key);
      const { about, attributes } = describe(options);
      abouts.push(about);
      mtimes.push(attributes.mtime ?? '');
      permissions[at] = attributes.permissions ?? NO_PERMISSIONS;
    } catch (error) {
      refused.set(at, error as Error);
      sizes[at] = SKIPPED;
      abouts.push('');
      mtimes.push('');
    }
  }
  const order = {
    container,
    keys: objects.map(({ key }, at) => (refused.has(at) ? '' : key)).join('\0'),
    md5s: objects.map(({ md5 }) => md5).join(' '),
    abouts: abouts.join('\n'),
    mtimes: mtimes.join(' '),
    permissions,
    starts,
    sizes,
    memory,
  };
  return { order, refused };
}

export function describe({
  contentType,
  metaData,
  headers = {},
  storageClass,
}: CopyReplacement): Pick<PutOrder, 'about' | 'attributes'> {
  const [header] = Object.keys(headers);
  if (header !== undefined)
    throw new UnsupportedOperationError(`a file cannot keep the header "${header}"`, context);
  if (storageClass !== undefined)
    throw new UnsupportedOperationError('a file has no storage class', context);
  const lowerCased = Object.fromEntries(
    Object.entries(metaData).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const about = writeAbout(contentType, lowerCased);
  if (Buffer.byteLength(about) > LONGEST_ABOUT_BYTES) {
    throw new UnsupportedOperationError(
      `no more than ${LONGEST_ABOUT_BYTES} bytes of metadata are kept with an object`,
      context,
    );
  }
  return { about, attributes: attributesOf(lowerCased) };
}
