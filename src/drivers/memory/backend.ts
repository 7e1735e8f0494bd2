import { systemClock } from '../../clock.js';
import { compareNames, isWellFormed } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import type { ContainerInfo, ReadRef } from '../call.js';
import type { BatchDelete, Capabilities, Copy, Limits, Multipart } from '../capabilities.js';
import { FOLDER_TYPE } from '../content-type.js';
import { checkSource } from '../copy-source.js';
import {
  ContainerAlreadyExistsError,
  ContainerIsNotEmptyError,
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectChangedError,
  ObjectError,
} from '../errors.js';
import { memoryBatchPut } from './batch-put.js';
import { readBody, readBytes } from './bytes.js';
import { pageOf } from './listing.js';
import { memoryMultipart } from './multipart.js';
import {
  containerOf,
  createMemoryStore,
  createStoredContainer,
  MEMORY,
  type MemoryStore,
  objectOf,
  storeObject,
} from './store.js';

const context = { driver: MEMORY };

export interface MemoryOptions {
  /** Default: a store of its own, which ends with it. */
  readonly store?: MemoryStore;
  readonly limits?: Partial<Limits>;
  readonly partSize?: Multipart['partSize'];
}

const LIMITS: Limits = {
  maxPutSize: 1024 ** 3,
  maxObjectSize: 1024 ** 4,
  maxKeyBytes: 1024,
  metadata: { bytes: 2_048, lines: 1_000 },
};
const PART_SIZE = { min: 1024, max: 1024 ** 3, maxParts: 10_000 };

/** Object storage in this process's memory, with everything that a backend can declare except a CDN: the reference for the others. */
export function memoryBackend({
  store = createMemoryStore(systemClock),
  limits,
  partSize,
}: MemoryOptions = {}): Backend {
  const capabilities: Capabilities = {
    checksums: ['sha256', 'sha1', 'md5', 'crc32c'],
    preconditions: ['ifAbsent', 'ifMatch'],
    limits: { ...LIMITS, ...limits },
    names: { newContainerProblem: () => undefined, keyProblem },
    listingOrder: 'utf8',
    folderType: FOLDER_TYPE,
    listingHas: { checksums: true, metaData: true },
    pagesAtOnce: () => 1,
    concurrency: 64,
    copy: memoryCopy(store, checkKey),
    batchPut: memoryBatchPut(store, checkKey),
    quickPut: undefined,
    quickGet: undefined,
    batchDelete: memoryBatchDelete(store),
    multipart: memoryMultipart(store, partSize ?? PART_SIZE, checkKey),
    cdn: undefined,
    versions: undefined,
  };

  function keyProblem(key: string): string | undefined {
    return keyProblemOf(key, capabilities.limits);
  }

  function checkKey(key: string): void {
    const problem = keyProblem(key);
    if (problem !== undefined) throw new InvalidObjectNameError(key, problem, context);
  }

  return {
    name: MEMORY,
    hashType: 'md5',
    capabilities,

    async listContainers(page, { signal }) {
      signal.throwIfAborted();
      return pageOf([...store.containers.keys()].sort(compareNames), '', page, containerInfo);
    },
    async headContainer(name, { signal }) {
      signal.throwIfAborted();
      return containerInfo(containerOf(store, name).name);
    },
    async createContainer(name, { signal }) {
      signal.throwIfAborted();
      if (name === '' || name.includes('/'))
        throw new InvalidContainerNameError(name, 'one character or more, and no slash', context);
      if (store.containers.has(name)) throw new ContainerAlreadyExistsError(name, context);
      store.containers.set(name, createStoredContainer(name));
      return containerInfo(name);
    },
    async deleteContainer(name, { signal }) {
      signal.throwIfAborted();
      if (containerOf(store, name).sortedKeys().length > 0)
        throw new ContainerIsNotEmptyError(name, context);
      store.containers.delete(name);
    },

    async listObjects(container, prefix, page, { signal }) {
      signal.throwIfAborted();
      return pageOf(
        containerOf(store, container).sortedKeys(),
        prefix,
        page,
        (key) => objectOf(store, { container, key }).info,
      );
    },
    async headObject(ref, { signal }) {
      signal.throwIfAborted();
      return objectOf(store, ref).info;
    },
    async putObject(ref, body, options, { signal }) {
      signal.throwIfAborted();
      checkKey(ref.key);
      containerOf(store, ref.container);
      const bytes = await readBody(ref, body, signal);
      if (bytes.byteLength > capabilities.limits.maxPutSize)
        throw new ObjectError(ref.key, 'is larger than one put may be', context);
      return storeObject(store, ref, bytes, options);
    },
    async readObject(ref, range, { signal }) {
      signal.throwIfAborted();
      return readBytes(bytesOf(store, ref), range, signal);
    },
    async deleteObject({ container, key }, { signal }) {
      signal.throwIfAborted();
      store.containers.get(container)?.delete(key);
    },

    async close() {},
  };
}

function bytesOf(store: MemoryStore, ref: ReadRef): Uint8Array {
  const { bytes, info } = objectOf(store, ref);
  const etag = String(info.extra['etag']);
  if (ref.etag === undefined || ref.etag === etag) return bytes;
  throw new ObjectChangedError(ref.key, ref.etag, `the ETag ${etag}`, context);
}

function keyProblemOf(key: string, { maxKeyBytes }: Limits): string | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0) return 'it is empty';
  if (bytes > maxKeyBytes) return `it has ${bytes} bytes, where ${maxKeyBytes} are allowed`;
  return isWellFormed(key) ? undefined : 'it has no UTF-8 form';
}

function containerInfo(name: string): ContainerInfo {
  return { name, extra: {} };
}

function memoryCopy(store: MemoryStore, checkKey: (key: string) => void): Copy {
  return {
    bindsSource: true,
    ifAbsent: true,
    async copyObject(from, to, replace, { signal }) {
      signal.throwIfAborted();
      checkKey(to.key);
      const { bytes, options, info } = objectOf(store, from);
      checkSource(info, from, MEMORY);
      return storeObject(store, to, bytes, {
        ...(replace === undefined ? options : { headers: {}, ...replace }),
        checksums: [],
      });
    },
  };
}

function memoryBatchDelete(store: MemoryStore): BatchDelete {
  return {
    maxKeys: 1000,
    async deleteObjects(container, keys, { signal }) {
      signal.throwIfAborted();
      const found = containerOf(store, container);
      for (const key of keys) found.delete(key);
      return new Map();
    },
  };
}
