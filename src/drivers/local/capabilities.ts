import { pathToFileURL } from 'node:url';
import { checkBatch } from '../batch.js';
import type { ObjectRef, PutOptions } from '../call.js';
import type {
  BatchDelete,
  BatchPut,
  Cdn,
  Copy,
  CopyReplacement,
  PlacedObject,
  PutOutcome,
} from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import { CHECKED } from './digests.js';
import { toStorageError } from './failure.js';
import { containerNameProblem } from './names.js';
import { readObject, toObjectInfo } from './object.js';
import {
  type BatchOrder,
  conditionText,
  NO_PERMISSIONS,
  type PutOrder,
  SKIPPED,
} from './protocol.js';
import { attributesOf, type MetaData, writeAbout } from './record.js';
import type { FileThread } from './thread.js';

export function localCopy(
  thread: FileThread,
  checkKey: (key: string) => void,
  checkExistable: (ref: ObjectRef) => void,
): Copy {
  return {
    bindsSource: true,
    ifAbsent: true,
    async copyObject(from, to, replace, { signal }) {
      signal.throwIfAborted();
      checkExistable(from);
      checkKey(to.key);
      const order = {
        from: { container: existable(from.container), key: from.key },
        expected: from.expected,
        to: { container: existable(to.container), key: to.key },
      };
      const described = replace && { precondition: replace.precondition, ...describe(replace) };
      return toObjectInfo(
        to.container,
        readObject(await thread.ask('copyObject', { replace: described, ...order }, signal)),
      );
    },
  };
}

const BATCH = { maxObjects: 1000, maxBytes: 16 * 1024 * 1024 };

export function localBatchPut(thread: FileThread, checkKey: (key: string) => void): BatchPut {
  return {
    ...BATCH,
    async putObjects(container, objects, content, { signal }) {
      signal.throwIfAborted();
      checkBatch(BATCH, objects, content, 'local');
      const { order, refused } = batchOrder(existable(container), objects, content, checkKey);
      const failed = new Map(await thread.ask('putObjects', order, signal));
      return objects.map(({ key, md5 }, at): PutOutcome => {
        const refusal = refused.get(at);
        if (refusal !== undefined) return { error: refusal };
        const failure = failed.get(at);
        if (failure !== undefined) return { error: toStorageError(failure, key) };
        return { stored: { md5, etag: md5 } }; // the worker has compared it with that of the bytes it was given
      });
    },
  };
}

export function localBatchDelete(thread: FileThread, isKey: (key: string) => boolean): BatchDelete {
  return {
    maxKeys: 1000,
    async deleteObjects(container, keys, { signal }) {
      const failed = await thread.ask(
        'deleteObjects',
        { container: existable(container), keys: keys.filter(isKey) },
        signal,
      );
      return new Map(failed.map(([key, failure]) => [key, toStorageError(failure, key)]));
    },
  };
}

/** Files need no publishing: what exists has a URL that a browser on this machine opens. */
export function fileUrls(
  thread: FileThread,
  root: string,
  checkExistable: (ref: ObjectRef) => void,
): Cdn {
  const findContainer = async (name: string, signal: AbortSignal): Promise<void> => {
    await thread.ask('headContainer', { container: existable(name) }, signal);
  };
  const findObject = async (ref: ObjectRef, signal: AbortSignal): Promise<void> => {
    checkExistable(ref);
    await thread.ask('headObject', { container: existable(ref.container), key: ref.key }, signal);
  };
  return {
    enableContainer: (name, { signal }) => findContainer(name, signal),
    enableObject: (ref, { signal }) => findObject(ref, signal),
    async containerUrl(name, { signal }) {
      await findContainer(name, signal);
      return pathToFileURL(`${root}/${name}`).href;
    },
    async objectUrl(ref, { signal }) {
      await findObject(ref, signal);
      return pathToFileURL(`${root}/${ref.container}/${ref.key}`).href;
    },
  };
}

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
function batchOrder(
  container: string,
  objects: readonly PlacedObject[],
  memory: ArrayBuffer | SharedArrayBuffer,
  checkKey: (key: string) => void,
): { readonly order: BatchOrder; readonly refused: ReadonlyMap<number, Error> } {
  const refused = new Map<number, Error>();
  const abouts: string[] = [];
  const mtimes: string[] = [];
  const permissions = new Int16Array(objects.length);
  const starts = new Float64Array(objects.length);
  const sizes = new Float64Array(objects.length);
  for (const [at, { key, begin, size, options }] of objects.entries()) {
    starts[at] = begin;
    sizes[at] = size;
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
    conditions: objects.some(({ options }) => options.precondition !== undefined)
      ? objects.map(({ options }) => conditionText(options.precondition)).join('\0')
      : '',
    permissions,
    starts,
    sizes,
    memory,
  };
  return { order, refused };
}

function describe({
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
  const lowerCased = withLowerCaseKeys(metaData);
  const about = writeAbout(contentType, lowerCased);
  if (Buffer.byteLength(about) > LONGEST_ABOUT_BYTES) {
    throw new UnsupportedOperationError(
      `no more than ${LONGEST_ABOUT_BYTES} bytes of metadata are kept with an object`,
      context,
    );
  }
  return { about, attributes: attributesOf(lowerCased) };
}

/** Itself where all keys are in lower case, which saves a copy for each object of a mirror. */
function withLowerCaseKeys(metaData: MetaData): MetaData {
  const isLowerCase = (key: string) => key === key.toLowerCase();
  if (Object.keys(metaData).every(isLowerCase)) return metaData;
  return Object.fromEntries(
    Object.entries(metaData).map(([key, value]) => [key.toLowerCase(), value]),
  );
}
