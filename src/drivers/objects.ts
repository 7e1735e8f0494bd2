import type { StorageDriver } from './driver.js';

export interface ContainerFields {
  readonly name: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Libcloud's Container. */
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
}

export interface StorageObjectFields {
  readonly name: string;
  readonly size: number;
  readonly hash: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly metaData: Readonly<Record<string, string>>;
  readonly container: Container;
}

/** Libcloud's Object. */
export class StorageObject {
  readonly name: string;
  readonly size: number;
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
}
