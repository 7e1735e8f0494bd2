/** Object storage behind one API: Apache Libcloud's, in camelCase. See `openDriver` and `StorageDriver`. */

// For authors of further backends.
export { type Clock, systemClock } from './clock.js';
export type { Backend } from './drivers/backend.js';
export type * from './drivers/call.js';
export type * from './drivers/capabilities.js';
export type {
  CallOptions,
  DownloadOptions,
  ListOptions,
  Resume,
  StorageDriver,
  UploadOptions,
} from './drivers/driver.js';
export type { DriverKind } from './drivers/driver-kind.js';
export * from './drivers/errors.js';
export { type Invocation, type Layer, layered, type Next } from './drivers/layers/layer.js';
export { type LimitSettings, limit } from './drivers/layers/limit.js';
export { type Measurement, measure } from './drivers/layers/measure.js';
export type { Operation } from './drivers/layers/operations.js';
export { readOnly, type Suppressed } from './drivers/layers/read-only.js';
export { type RetrySettings, retry } from './drivers/layers/retry.js';
export { type MemoryOptions, memoryBackend } from './drivers/memory/backend.js';
export { createMemoryStore, type MemoryStore } from './drivers/memory/store.js';
export { Container, StorageObject } from './drivers/objects.js';
export { openDriver } from './drivers/registry/open.js';
export { builtinDrivers } from './drivers/registry/registry.js';
export { createDriver } from './drivers/storage.js';
