import { inspect } from 'node:util';
import type { ByteRange } from './call.js';
import type {
  CallOptions,
  DownloadOptions,
  ListOptions,
  StorageDriver,
  UploadOptions,
} from './driver.js';

export interface ContainerFields {
  readonly name: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Libcloud's Container: what is known of it, and the driver's methods with itself filled in. */
export class Container {
  readonly name: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly #driver: StorageDriver;

  constructor({ name, extra }: ContainerFields, driver: StorageDriver) {
    this.name = name;
    this.extra = extra;
    this.#driver = driver;
  }

  /** Behind a getter on a private field, so that a logged container does not drag a driver into the log. */
  get driver(): StorageDriver {
    return this.#driver;
  }

  iterateObjects(options?: ListOptions): AsyncIterable<StorageObject> {
    return this.#driver.iterateContainerObjects(this, options);
  }

  listObjects(options?: ListOptions): Promise<StorageObject[]> {
    return this.#driver.listContainerObjects(this, options);
  }

  getObject(objectName: string, options?: CallOptions): Promise<StorageObject> {
    return this.#driver.getObject(this.name, objectName, options);
  }

  uploadObject(
    filePath: string,
    objectName: string,
    options?: UploadOptions,
  ): Promise<StorageObject> {
    return this.#driver.uploadObject(filePath, this, objectName, options);
  }

  uploadObjectViaStream(
    source: AsyncIterable<Uint8Array>,
    objectName: string,
    options?: UploadOptions,
  ): Promise<StorageObject> {
    return this.#driver.uploadObjectViaStream(source, this, objectName, options);
  }

  downloadObject(
    object: StorageObject,
    destinationPath: string,
    options?: DownloadOptions,
  ): Promise<true> {
    return this.#driver.downloadObject(object, destinationPath, options);
  }

  downloadObjectAsStream(object: StorageObject, options?: CallOptions): AsyncIterable<Uint8Array> {
    return this.#driver.downloadObjectAsStream(object, options);
  }

  downloadObjectRange(
    object: StorageObject,
    destinationPath: string,
    range: ByteRange,
    options?: DownloadOptions,
  ): Promise<true> {
    return this.#driver.downloadObjectRange(object, destinationPath, range, options);
  }

  downloadObjectRangeAsStream(
    object: StorageObject,
    range: ByteRange,
    options?: CallOptions,
  ): AsyncIterable<Uint8Array> {
    return this.#driver.downloadObjectRangeAsStream(object, range, options);
  }

  deleteObject(object: StorageObject, options?: CallOptions): Promise<true> {
    return this.#driver.deleteObject(object, options);
  }

  enableCdn(options?: CallOptions): Promise<true> {
    return this.#driver.enableContainerCdn(this, options);
  }

  getCdnUrl(options?: CallOptions): Promise<string> {
    return this.#driver.getContainerCdnUrl(this, options);
  }

  delete(options?: CallOptions): Promise<true> {
    return this.#driver.deleteContainer(this, options);
  }

  /** As Libcloud prints it. */
  toString(): string {
    return `<Container: name=${this.name}, provider=${this.#driver.name}>`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

export interface StorageObjectFields {
  readonly name: string;
  readonly size: number;
  readonly hash: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly metaData: Readonly<Record<string, string>>;
  readonly container: Container;
}

/** Libcloud's Object: what is known of it, and the driver's methods with itself filled in. */
export class StorageObject {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Hex digest of the content in the driver's `hashType`; undefined where the provider does not tell one. */
  readonly hash: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly metaData: Readonly<Record<string, string>>;
  readonly container: Container;

  constructor({ name, size, hash, extra, metaData, container }: StorageObjectFields) {
    this.name = name;
    this.size = size;
    this.hash = hash;
    this.extra = extra;
    this.metaData = metaData;
    this.container = container;
  }

  get driver(): StorageDriver {
    return this.container.driver;
  }

  download(destinationPath: string, options?: DownloadOptions): Promise<true> {
    return this.driver.downloadObject(this, destinationPath, options);
  }

  asStream(options?: CallOptions): AsyncIterable<Uint8Array> {
    return this.driver.downloadObjectAsStream(this, options);
  }

  downloadRange(
    destinationPath: string,
    range: ByteRange,
    options?: DownloadOptions,
  ): Promise<true> {
    return this.driver.downloadObjectRange(this, destinationPath, range, options);
  }

  rangeAsStream(range: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array> {
    return this.driver.downloadObjectRangeAsStream(this, range, options);
  }

  enableCdn(options?: CallOptions): Promise<true> {
    return this.driver.enableObjectCdn(this, options);
  }

  getCdnUrl(options?: CallOptions): Promise<string> {
    return this.driver.getObjectCdnUrl(this, options);
  }

  delete(options?: CallOptions): Promise<true> {
    return this.driver.deleteObject(this, options);
  }

  /** As Libcloud prints it. */
  toString(): string {
    return `<Object: name=${this.name}, size=${this.size}, hash=${this.hash ?? 'None'}, provider=${this.driver.name} ...>`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
