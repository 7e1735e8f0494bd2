import { pathToFileURL } from 'node:url';
import type { Backend } from '../backend.js';
import type {
  Body,
  Checksum,
  ContainerInfo,
  ObjectInfo,
  ObjectPage,
  ObjectRef,
  PutOptions,
} from '../call.js';
import type { BatchDelete, Capabilities, Cdn, Copy, CopyReplacement } from '../capabilities.js';
import {
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
  UnsupportedOperationError,
} from '../errors.js';
import { type BareObject, unpackObjects } from '../packed-objects.js';
import { CHECKED } from './digests.js';
import { attributesOf } from './file-metadata.js';
import { containerNameProblem, keyProblem, maxKeyBytes } from './names.js';
import { type FoundObject, readObject, readObjects } from './object.js';
import type { BarePage, PutOrder, WireContainer } from './protocol.js';
import { readFileRange } from './read-file.js';
import { writeAbout } from './record.js';
import { createSendStream, readSmallBody, SMALL_BODY_BYTES } from './send-stream.js';
import { toStorageError } from './storage-error.js';
import { createFileThread, type FileThread } from './thread.js';

const NAME = 'local';
const context = { driver: NAME };

const CONTAINERS_PER_PAGE = 1000;
const OBJECTS_PER_PAGE = 2000;

/** Content type and metadata as JSON; with the longest key and the digest, one page of the records holds it. Amazon S3: 2,048. */
const LONGEST_ABOUT_BYTES = 8192;

export interface LocalOptions {
  /** Absolute path of the folder whose folders are the containers. */
  readonly root: string;
  /** Default true: what a call has changed survives a loss of power once the call has resolved. */
  readonly fsync?: boolean;
  /** Default true: a root that does not exist is made by the first change. */
  readonly create?: boolean;
}

/**
 * A folder as object storage. An object is a plain file, ROOT/CONTAINER/OBJECT NAME, with the time and mode of its
 * metadata, so that any program can read it; what a file cannot hold (digest, content type, other metadata) is in a
 * file in ROOT/.longshore, and counts while the file is as it was left. Files that others put there are objects too.
 */
export function localBackend({ root, fsync = true, create = true }: LocalOptions): Backend {
  const thread = createFileThread({ root, fsync, create });
  const sendStream = createSendStream(thread);
  const limits = {
    maxPutSize: Number.MAX_SAFE_INTEGER,
    maxObjectSize: Number.MAX_SAFE_INTEGER,
    maxKeyBytes: maxKeyBytes(root),
  };

  function checkKey(key: string): void {
    const rule = keyProblem(key, limits.maxKeyBytes);
    if (rule !== undefined) throw new InvalidObjectNameError(key, rule, context);
  }

  const isKey = (key: string): boolean => keyProblem(key, limits.maxKeyBytes) === undefined;

  /** Who asks for what cannot be, asks for what is not there. */
  function checkExistable({ key }: ObjectRef): void {
    if (!isKey(key)) throw new ObjectDoesNotExistError(key, context);
  }

  const capabilities: Capabilities = {
    checksums: CHECKED,
    preconditions: ['ifAbsent', 'ifMatch'],
    limits,
    names: {
      newContainerProblem: containerNameProblem,
      keyProblem: (key) => keyProblem(key, limits.maxKeyBytes),
    },
    listingOrder: 'utf8',
    listingHas: { checksums: true, metaData: true },
    concurrency: 512,
    copy: localCopy(thread, checkKey, checkExistable),
    batchDelete: localBatchDelete(thread, isKey),
    multipart: undefined,
    cdn: fileUrls(thread, root, checkExistable),
    versions: undefined,
  };

  return {
    name: NAME,
    hashType: 'md5',
    capabilities,

    async listContainers({ after, size = CONTAINERS_PER_PAGE }, { signal }) {
      const { containers, next } = await thread.ask('listContainers', { after, size }, signal);
      return { items: containers.map(toContainerInfo), next };
    },
    async headContainer(name, { signal }) {
      return toContainerInfo(
        await thread.ask('headContainer', { container: existable(name) }, signal),
      );
    },
    async createContainer(name, { signal }) {
      const rule = containerNameProblem(name);
      if (rule !== undefined) throw new InvalidContainerNameError(name, rule, context);
      return toContainerInfo(await thread.ask('createContainer', { container: name }, signal));
    },
    deleteContainer: async (name, { signal }) =>
      thread.ask('deleteContainer', { container: existable(name) }, signal),

    async listObjects(
      container,
      prefix,
      { after, size = OBJECTS_PER_PAGE, bare = false },
      { signal },
    ) {
      const order = { container: existable(container), prefix, after, size };
      if (bare) return toBarePage(container, await thread.ask('listBareObjects', order, signal));
      const { objects, next } = await thread.ask('listObjects', order, signal);
      return { items: readObjects(objects).map((object) => toObjectInfo(container, object)), next };
    },
    async headObject(ref, { signal }) {
      checkExistable(ref);
      const found = await thread.ask(
        'headObject',
        { container: existable(ref.container), key: ref.key },
        signal,
      );
      return toObjectInfo(ref.container, readObject(found));
    },
    async putObject(ref, body, options, { signal }) {
      signal.throwIfAborted();
      checkKey(ref.key);
      const order = putOrder({ container: existable(ref.container), key: ref.key }, options);
      const stored = isSmall(body)
        ? await thread.ask('putBytes', order, signal, await readSmallBody(ref.key, body, signal))
        : await sendStream(order, body, signal);
      return toObjectInfo(ref.container, readObject(stored));
    },
    async readObject(ref, range, { signal }) {
      checkExistable(ref);
      await thread.ask('headObject', { container: existable(ref.container), key: ref.key }, signal);
      return readFileRange(`${root}/${ref.container}/${ref.key}`, ref.key, range, signal);
    },
    async deleteObject({ container, key }, { signal }) {
      signal.throwIfAborted();
      if (!isKey(key)) return;
      const [failed] = await thread.ask(
        'deleteObjects',
        { container: existable(container), keys: [key] },
        signal,
      );
      if (failed !== undefined) throw toStorageError(failed[1], key);
    },

    close: () => thread.close(),
  };
}

function localCopy(
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
      const described = replace && { ...describe(replace), precondition: replace.precondition };
      return toObjectInfo(
        to.container,
        readObject(await thread.ask('copyObject', { ...order, replace: described }, signal)),
      );
    },
  };
}

function localBatchDelete(thread: FileThread, isKey: (key: string) => boolean): BatchDelete {
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
function fileUrls(thread: FileThread, root: string, checkExistable: (ref: ObjectRef) => void): Cdn {
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

/** A name that no container can have is that of a missing one; above all it never becomes part of a path. */
function existable(container: string): string {
  if (containerNameProblem(container) !== undefined)
    throw toStorageError({ kind: 'no-container', container });
  return container;
}

function isSmall(body: Body): body is Body & { readonly size: number } {
  return body.size !== undefined && body.size <= SMALL_BODY_BYTES;
}

function putOrder(ref: ObjectRef, { checksums, precondition, ...described }: PutOptions): PutOrder {
  const unchecked = checksums.find(
    ({ algorithm }) => !CHECKED.some((checked) => checked === algorithm),
  );
  if (unchecked !== undefined)
    throw new UnsupportedOperationError(`no ${unchecked.algorithm} is computed here`, context);
  return { ...ref, ...describe(described), checksums, precondition };
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

function toContainerInfo({ name, ...times }: WireContainer): ContainerInfo {
  return { name, extra: times };
}

const NO_CHECKSUMS: readonly Checksum[] = [];
const NO_META_DATA = {};

/** Most of these pages are only passed on, to a thread that compares. */
function toBarePage(container: string, { objects: packed, next }: BarePage): ObjectPage {
  return {
    get items() {
      return unpackObjects(packed).map((object) => toBareInfo(container, object));
    },
    packed,
    next,
  };
}

function toBareInfo(container: string, { key, size, md5, etag }: BareObject): ObjectInfo {
  const checksums = md5 === undefined ? NO_CHECKSUMS : [{ algorithm: 'md5' as const, hex: md5 }];
  return { container, key, size, checksums, metaData: NO_META_DATA, extra: { etag } };
}

function toObjectInfo(
  container: string,
  { key, size, md5, contentType, metaData, etag, lastModified }: FoundObject,
): ObjectInfo {
  return {
    container,
    key,
    size,
    checksums: md5 === undefined ? [] : [{ algorithm: 'md5', hex: md5 }],
    metaData,
    extra: contentType === undefined ? { etag, lastModified } : { contentType, etag, lastModified },
  };
}
