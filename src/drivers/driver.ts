import type { ByteRange, ChecksumAlgorithm, Precondition } from './call.js';
import type { Capabilities, UploadToken } from './capabilities.js';
import type { Container, StorageObject } from './objects.js';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /** Compared byte by byte with the object name: `a` also finds `ab`. */
  readonly prefix?: string;
}

export interface UploadOptions extends CallOptions {
  /** Default: guessed from the file's name, then from the object's, else `application/octet-stream`. */
  readonly contentType?: string;
  readonly metaData?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** As the provider or Libcloud spells it (`GLACIER_IR`, `glacier_ir`). Default: what the driver's settings say. */
  readonly storageClass?: string;
  /** Default true: reject with ObjectHashMismatchError when the provider's digest is not that of the bytes sent. */
  readonly verifyHash?: boolean;
  readonly precondition?: Precondition;
  readonly resume?: Resume;
}

/** For uploads in parts: where the token is kept, so that a later call can go on from it. */
export interface Resume {
  readonly token?: UploadToken;
  /** Called before an upload is begun: if its answer is lost, this call is the only trace of it. */
  beginning?(): Promise<void>;
  keep(token: UploadToken): Promise<void>;
}

export interface DownloadOptions extends CallOptions {
  /** Default false: an existing file at the destination is an error. */
  readonly overwriteExisting?: boolean;
  /** Default true. False keeps the part that arrived, as `DESTINATION.part`. */
  readonly deleteOnFailure?: boolean;
}

/**
 * Apache Libcloud's storage API (libcloud/storage/base.py) under camelCase names. Calls reject with the classes of
 * errors.ts; where Libcloud returns False, these reject. Containers and objects that are missing reject with
 * ContainerDoesNotExistError and ObjectDoesNotExistError.
 */
export interface StorageDriver {
  readonly name: string;
  /** What `StorageObject.hash` is a digest of, if anything. */
  readonly hashType: ChecksumAlgorithm | undefined;
  readonly capabilities: Capabilities;

  /** Lazy: the first request goes out at the first step; leaving the loop early sends no more requests. */
  iterateContainers(options?: CallOptions): AsyncIterable<Container>;
  listContainers(options?: CallOptions): Promise<Container[]>;
  getContainer(containerName: string, options?: CallOptions): Promise<Container>;
  /** Rejects with ContainerAlreadyExistsError, or InvalidContainerNameError saying the rule. */
  createContainer(containerName: string, options?: CallOptions): Promise<Container>;
  /** Rejects with ContainerIsNotEmptyError while it holds objects. */
  deleteContainer(container: Container, options?: CallOptions): Promise<true>;
  enableContainerCdn(container: Container, options?: CallOptions): Promise<true>;
  getContainerCdnUrl(container: Container, options?: CallOptions): Promise<string>;

  iterateContainerObjects(
    container: Container,
    options?: ListOptions,
  ): AsyncIterable<StorageObject>;
  listContainerObjects(container: Container, options?: ListOptions): Promise<StorageObject[]>;
  getObject(
    containerName: string,
    objectName: string,
    options?: CallOptions,
  ): Promise<StorageObject>;
  /** Overwrites an object of that name. A missing file rejects with Node's ENOENT. A file that changes while it is read rejects. */
  uploadObject(
    filePath: string,
    container: Container,
    objectName: string,
    options?: UploadOptions,
  ): Promise<StorageObject>;
  /** Memory stays bounded: a stream of unknown length goes in parts, or in one request where the provider takes it so. */
  uploadObjectViaStream(
    source: AsyncIterable<Uint8Array>,
    container: Container,
    objectName: string,
    options?: UploadOptions,
  ): Promise<StorageObject>;
  /**
   * Writes beside the destination and moves into place when complete and verified. A destination that ends in `/`, or
   * is a folder, takes the object's own name below it.
   */
  downloadObject(
    object: StorageObject,
    destinationPath: string,
    options?: DownloadOptions,
  ): Promise<true>;
  downloadObjectAsStream(object: StorageObject, options?: CallOptions): AsyncIterable<Uint8Array>;
  downloadObjectRange(
    object: StorageObject,
    destinationPath: string,
    range: ByteRange,
    options?: DownloadOptions,
  ): Promise<true>;
  /** A range with a negative start, or one that does not begin before its end, is a RangeError. */
  downloadObjectRangeAsStream(
    object: StorageObject,
    range: ByteRange,
    options?: CallOptions,
  ): AsyncIterable<Uint8Array>;
  /** A missing object rejects with ObjectDoesNotExistError, at the price of one HEAD before. */
  deleteObject(object: StorageObject, options?: CallOptions): Promise<true>;
  enableObjectCdn(object: StorageObject, options?: CallOptions): Promise<true>;
  getObjectCdnUrl(object: StorageObject, options?: CallOptions): Promise<string>;

  close(): Promise<void>;
}
