import type { Backend } from '../backend.js';
import type { ObjectRef } from '../call.js';
import type { Capabilities } from '../capabilities.js';
import { FOLDER_TYPE } from '../content-type.js';
import {
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectChangedError,
  ObjectDoesNotExistError,
} from '../errors.js';
import {
  existable,
  fileUrls,
  localBatchDelete,
  localBatchPut,
  localCopy,
  putOrder,
} from './capabilities.js';
import { CHECKED } from './digests.js';
import { toStorageError } from './failure.js';
import { containerNameProblem, isFolderKey, keyProblem, maxKeyBytes } from './names.js';
import { readObject, readObjects, toBarePage, toContainerInfo, toObjectInfo } from './object.js';
import { localQuickGet } from './quick-get.js';
import { readFileRange } from './read-file.js';
import { createSendBody } from './send-body.js';
import { createFileThread, type FileThread } from './thread.js';

const NAME = 'local';
const context = { driver: NAME };

const CONTAINERS_PER_PAGE = 1000;
const OBJECTS_PER_PAGE = 2000;

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
  const bodies = createSendBody(thread);
  const limits = {
    maxPutSize: Number.MAX_SAFE_INTEGER,
    maxObjectSize: Number.MAX_SAFE_INTEGER,
    maxKeyBytes: maxKeyBytes(root),
    metadata: { bytes: 8_192, lines: 1_000 }, // a record has a page of 16 KiB: record-page.ts
  };

  function checkKey(key: string): void {
    const rule = keyProblem(key, limits.maxKeyBytes);
    if (rule !== undefined) throw new InvalidObjectNameError(key, rule, context);
  }

  const isKey = (key: string): boolean => keyProblem(key, limits.maxKeyBytes) === undefined;

  /** Refuses a key that no file can have as a missing object. */
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
    folderType: FOLDER_TYPE,
    listingHas: { checksums: true, metaData: true },
    pagesAtOnce: () => 1, // one thread walks the folders
    concurrency: 512,
    copy: localCopy(thread, checkKey, checkExistable),
    batchPut: localBatchPut(thread, (key) => checkKey(checkFileKey(key))),
    quickPut: undefined,
    quickGet: localQuickGet(thread, isKey),
    batchDelete: localBatchDelete(thread, isKey),
    multipart: undefined,
    cdn: fileUrls(thread, root, checkExistable),
    versions: undefined,
  };

  return {
    name: NAME,
    hashType: 'md5',
    capabilities,

    ...containerMethods(thread),

    async listObjects(
      container,
      prefix,
      { after, size = OBJECTS_PER_PAGE, bare = false, range },
      { signal },
    ) {
      const order = { container: existable(container), prefix, after, size, range };
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
      return toObjectInfo(ref.container, readObject(await bodies.send(order, body, signal)));
    },
    readObject: reading(root, thread, checkExistable),
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

    close() {
      bodies.close();
      return thread.close();
    },
  };
}

function reading(
  root: string,
  thread: FileThread,
  checkExistable: (ref: ObjectRef) => void,
): Backend['readObject'] {
  return async (ref, range, { signal }) => {
    checkExistable(ref);
    const { container, key } = ref;
    const order = { container: existable(container), key };
    const find = async () => readObject(await thread.ask('headObject', order, signal));
    const { etag: now } = await find();
    if (isFolderKey(key)) {
      if (ref.etag === undefined || ref.etag === now) return noBytes();
      throw new ObjectChangedError(key, ref.etag, `the etag ${now}`, context);
    }
    return readFileRange(`${root}/${container}/${key}`, key, range, signal, async () => {
      // Once the file is open: another one that comes to its path later is not the one that is read.
      if (ref.etag === undefined) return;
      const { etag } = await find();
      if (etag !== ref.etag)
        throw new ObjectChangedError(key, ref.etag, `the etag ${etag}`, context);
    });
  };
}

/** Returns the key. A folder is put alone. */
function checkFileKey(key: string): string {
  const rule = 'a name that ends in "/" is that of a folder here';
  if (isFolderKey(key)) throw new InvalidObjectNameError(key, rule, context);
  return key;
}

/** The content of a folder. */
async function* noBytes(): AsyncGenerator<Uint8Array, void> {
  yield* [];
}

type ContainerMethods = Pick<
  Backend,
  'listContainers' | 'headContainer' | 'createContainer' | 'deleteContainer'
>;

function containerMethods(thread: FileThread): ContainerMethods {
  return {
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
  };
}
