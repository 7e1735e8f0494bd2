import type { Clock } from '../../clock.js';
import { compareNames } from '../../utf8-order.js';
import type { Checksum, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import type { Part, UploadToken } from '../capabilities.js';
import { checksumOf } from '../digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  PreconditionFailedError,
} from '../errors.js';

export const MEMORY = 'memory';
const context = { driver: MEMORY };

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** What it was put with. */
  readonly options: Omit<PutOptions, 'checksums' | 'precondition'>;
  readonly info: ObjectInfo;
}

export interface StoredUpload {
  readonly token: UploadToken;
  readonly options: PutOptions;
  readonly beganAtMs: number;
  readonly parts: Map<number, { readonly part: Part; readonly bytes: Uint8Array }>;
}

/** What a provider keeps. Backends that share one are clients of one provider. */
export interface MemoryStore {
  readonly containers: Map<string, StoredContainer>;
  readonly uploads: Map<string, StoredUpload>;
  /** Grows with each put, so that no two versions of an object have one ETag. */
  nextVersion(): number;
  now(): number;
}

export interface StoredContainer {
  readonly name: string;
  get(key: string): StoredObject | undefined;
  set(key: string, object: StoredObject): void;
  delete(key: string): void;
  /** In UTF-8 byte order. */
  sortedKeys(): readonly string[];
}

export function createMemoryStore(clock: Pick<Clock, 'now'>): MemoryStore {
  let versions = 0;
  return {
    containers: new Map(),
    uploads: new Map(),
    nextVersion() {
      versions += 1;
      return versions;
    },
    now: () => clock.now(),
  };
}

export function createStoredContainer(name: string): StoredContainer {
  const objects = new Map<string, StoredObject>();
  let sorted: readonly string[] | undefined;
  return {
    name,
    get: (key) => objects.get(key),
    set(key, object) {
      if (!objects.has(key)) sorted = undefined;
      objects.set(key, object);
    },
    delete(key) {
      if (objects.delete(key)) sorted = undefined;
    },
    sortedKeys() {
      sorted ??= [...objects.keys()].sort(compareNames);
      return sorted;
    },
  };
}

export function containerOf(store: MemoryStore, name: string): StoredContainer {
  const container = store.containers.get(name);
  if (container === undefined) throw new ContainerDoesNotExistError(name, context);
  return container;
}

export function objectOf(store: MemoryStore, { container, key }: ObjectRef): StoredObject {
  const object = containerOf(store, container).get(key);
  if (object === undefined) throw new ObjectDoesNotExistError(key, context);
  return object;
}

/** The one place where an object comes to be: all checks and the change happen in one turn, so that no other client comes between. */
export function storeObject(
  store: MemoryStore,
  ref: ObjectRef,
  bytes: Uint8Array,
  options: PutOptions,
): ObjectInfo {
  const container = containerOf(store, ref.container);
  const checksums: Checksum[] = [checksumOf('md5', bytes)];
  for (const { algorithm, hex } of options.checksums) {
    const actual = algorithm === 'md5' ? checksums[0] : checksumOf(algorithm, bytes);
    if (actual?.hex !== hex)
      throw new ObjectHashMismatchError(ref.key, hex, actual?.hex ?? '', context);
  }
  const { checksums: _, precondition, ...described } = options;
  checkPrecondition(container, ref, precondition);
  const extra = {
    contentType: options.contentType,
    headers: { ...options.headers },
    ...(options.storageClass !== undefined && { storageClass: options.storageClass }),
    etag: `"${checksums[0]?.hex}-${store.nextVersion()}"`,
    lastModified: store.now(),
  };
  const info: ObjectInfo = {
    ...ref,
    size: bytes.byteLength,
    checksums,
    metaData: { ...options.metaData },
    extra,
  };
  container.set(ref.key, { bytes, options: described, info });
  return info;
}

function checkPrecondition(
  container: StoredContainer,
  { key }: ObjectRef,
  precondition: PutOptions['precondition'],
): void {
  if (precondition === undefined) return;
  const etag = container.get(key)?.info.extra['etag'];
  if ('ifAbsent' in precondition && etag !== undefined)
    throw new PreconditionFailedError(key, 'exists already', context);
  if ('ifMatch' in precondition && etag !== precondition.ifMatch) {
    throw new PreconditionFailedError(
      key,
      `has ETag ${etag ?? 'none'}, not ${precondition.ifMatch}`,
      context,
    );
  }
}
