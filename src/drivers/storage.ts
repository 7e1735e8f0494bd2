import { NEVER_ABORTED } from '../signal.js';
import type { Backend } from './backend.js';
import { streamBody } from './body.js';
import type { Body, ByteRange, Call, Checksum, ObjectInfo, ObjectRef, PutOptions } from './call.js';
import type { Cdn } from './capabilities.js';
import { guessContentType } from './content-type.js';
import { findChecksum } from './digest.js';
import { saveTo } from './download.js';
import type { CallOptions, DownloadOptions, StorageDriver, UploadOptions } from './driver.js';
import { ObjectDoesNotExistError, UnsupportedOperationError } from './errors.js';
import { fileBody } from './file-body.js';
import { Container, StorageObject } from './objects.js';
import { collect, itemsOfPages } from './pages.js';
import { createPartsThreads } from './parts-threads.js';
import { checkRange, lengthWithin } from './range.js';
import { verifyReceived } from './received.js';
import { sendObject } from './send.js';

/** Derives the whole storage API from what a provider supplies. Closing it closes the backend. */
export function createDriver(backend: Backend): StorageDriver {
  const threads = createPartsThreads();
  const transfers = objectTransfers(backend);
  const driver: StorageDriver = {
    name: backend.name,
    hashType: backend.hashType,
    capabilities: backend.capabilities,
    ...containerMethods(backend, () => driver),

    async *iterateContainerObjects(container, options) {
      const call = callOf(options);
      const list = itemsOfPages(
        backend.name,
        (page) => backend.listObjects(container.name, options?.prefix ?? '', page, call),
        call,
      );
      for await (const info of list) yield objectOf(backend, info, container);
    },
    listContainerObjects: (container, options) =>
      collect(driver.iterateContainerObjects(container, options)),
    async getObject(containerName, objectName, options) {
      const call = callOf(options);
      const ref = { container: containerName, key: objectName };
      const info = await withContainerCheck(backend, ref, call, () =>
        backend.headObject(ref, call),
      );
      return objectOf(backend, info, new Container({ name: containerName, extra: {} }, driver));
    },
    async uploadObject(filePath, container, objectName, options) {
      const ref = { container: container.name, key: objectName };
      const body = await fileBody(filePath, { ref, driver: backend.name, threads });
      return transfers.upload(container, ref, body, [filePath, objectName], options);
    },
    uploadObjectViaStream: async (source, container, objectName, options) => {
      const ref = { container: container.name, key: objectName };
      return transfers.upload(container, ref, streamBody(source), [objectName], options);
    },

    downloadObject: (object, destination, options) =>
      transfers.download(object, destination, undefined, options),
    downloadObjectAsStream: (object, options) => transfers.read(object, undefined, options),
    async downloadObjectRange(object, destination, range, options) {
      checkRange(range);
      return transfers.download(object, destination, range, options);
    },
    downloadObjectRangeAsStream(object, range, options) {
      checkRange(range);
      return transfers.read(object, range, options);
    },
    async deleteObject(object, options) {
      const call = callOf(options);
      const ref = refOf(object);
      // Libcloud reports a missing object; backends do not (G5).
      await withContainerCheck(backend, ref, call, () => backend.headObject(ref, call));
      await backend.deleteObject(ref, call);
      return true;
    },
    async enableObjectCdn(object, options) {
      await cdnOf(backend).enableObject(refOf(object), callOf(options));
      return true;
    },
    getObjectCdnUrl: async (object, options) =>
      cdnOf(backend).objectUrl(refOf(object), callOf(options)),

    async close() {
      threads.close();
      await backend.close();
    },
  };
  return driver;
}

type ContainerMethods = Pick<
  StorageDriver,
  | 'iterateContainers'
  | 'listContainers'
  | 'getContainer'
  | 'createContainer'
  | 'deleteContainer'
  | 'enableContainerCdn'
  | 'getContainerCdnUrl'
>;

function containerMethods(backend: Backend, driver: () => StorageDriver): ContainerMethods {
  return {
    async *iterateContainers(options) {
      const call = callOf(options);
      const list = itemsOfPages(backend.name, (page) => backend.listContainers(page, call), call);
      for await (const info of list) yield new Container(info, driver());
    },
    listContainers: (options) => collect(driver().iterateContainers(options)),
    getContainer: async (name, options) =>
      new Container(await backend.headContainer(name, callOf(options)), driver()),
    createContainer: async (name, options) =>
      new Container(await backend.createContainer(name, callOf(options)), driver()),
    async deleteContainer(container, options) {
      await backend.deleteContainer(container.name, callOf(options));
      return true;
    },
    async enableContainerCdn(container, options) {
      await cdnOf(backend).enableContainer(container.name, callOf(options));
      return true;
    },
    getContainerCdnUrl: async (container, options) =>
      cdnOf(backend).containerUrl(container.name, callOf(options)),
  };
}

/** Moves the content of objects between the caller and the backend. */
function objectTransfers(backend: Backend) {
  async function upload(
    container: Container,
    ref: ObjectRef,
    body: Body,
    names: readonly string[],
    options: UploadOptions = {},
  ) {
    const { signal } = callOf(options);
    const { info } = await sendObject(backend, ref, body, putOptionsOf(options, names), {
      signal,
      verifyHash: options.verifyHash ?? true,
      ...(options.resume && { resume: options.resume }),
    });
    return objectOf(backend, info, container);
  }

  async function download(
    object: StorageObject,
    destination: string,
    range: ByteRange | undefined,
    options: DownloadOptions = {},
  ) {
    await saveTo(destination, () => read(object, range, options), {
      objectName: object.name,
      driver: backend.name,
      overwriteExisting: options.overwriteExisting ?? false,
      deleteOnFailure: options.deleteOnFailure ?? true,
    });
    return true as const;
  }

  async function* read(
    object: StorageObject,
    range: ByteRange | undefined,
    options: CallOptions = {},
  ) {
    const call = callOf(options);
    const ref = refOf(object);
    const source = await withContainerCheck(backend, ref, call, () =>
      backend.readObject(ref, range, call),
    );
    yield* verifyReceived(source, {
      objectName: object.name,
      driver: backend.name,
      size: range === undefined ? object.size : lengthWithin(range, object.size),
      checksum: range === undefined ? hashOf(object, backend) : undefined,
      signal: call.signal,
    });
  }

  return { upload, download, read };
}

function objectOf(
  { hashType }: Backend,
  { key, size, checksums, extra, metaData }: ObjectInfo,
  container: Container,
): StorageObject {
  const hash = findChecksum(checksums, hashType)?.hex;
  return new StorageObject({ name: key, size, hash, extra, metaData, container });
}

/**
 * Runs a request for an object. Some providers answer alike for a missing object and a missing container: only after such
 * a miss is the container asked for, so that the error names what is missing.
 */
async function withContainerCheck<T>(
  backend: Backend,
  ref: ObjectRef,
  call: Call,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof ObjectDoesNotExistError) await backend.headContainer(ref.container, call);
    throw error;
  }
}

function hashOf({ hash }: StorageObject, { hashType }: Backend): Checksum | undefined {
  return hashType !== undefined && hash !== undefined
    ? { algorithm: hashType, hex: hash }
    : undefined;
}

function callOf(options: CallOptions | undefined): Call {
  return { signal: options?.signal ?? NEVER_ABORTED };
}

function refOf(object: StorageObject): ObjectRef {
  return { container: object.container.name, key: object.name };
}

function putOptionsOf(options: UploadOptions, names: readonly string[]): PutOptions {
  return {
    contentType: options.contentType ?? guessContentType(...names),
    metaData: lowerCaseKeys(options.metaData ?? {}),
    headers: options.headers ?? {},
    checksums: [],
    ...(options.storageClass !== undefined && { storageClass: options.storageClass }),
    ...(options.precondition && { precondition: options.precondition }),
  };
}

function lowerCaseKeys(metaData: Readonly<Record<string, string>>): Record<string, string> {
  const lower = Object.fromEntries(
    Object.entries(metaData).map(([key, value]) => [key.toLowerCase(), value]),
  );
  if (Object.keys(lower).length < Object.keys(metaData).length)
    throw new TypeError('metaData has keys that differ only in case, which providers take for one');
  return lower;
}

function cdnOf({ name, capabilities }: Backend): Cdn {
  if (capabilities.cdn === undefined)
    throw new UnsupportedOperationError(`driver ${name} has no CDN`, { driver: name });
  return capabilities.cdn;
}
