import type { Backend } from '../../src/drivers/backend.js';
import type { StorageDriver } from '../../src/drivers/driver.js';
import { type MemoryOptions, memoryBackend } from '../../src/drivers/memory/backend.js';
import type { Container } from '../../src/drivers/objects.js';
import { createDriver } from '../../src/drivers/storage.js';
import { type Faults, faulty } from '../fakes/faulty-backend.js';

/** The storage API over memory with scripted faults. */
export interface OpenedStorage {
  /** Without the faults. */
  readonly memory: Backend;
  readonly driver: StorageDriver;
  readonly faults: Faults;
  /** `photos`, empty. */
  readonly container: Container;
}

export async function openStorage(options: MemoryOptions): Promise<OpenedStorage> {
  const memory = memoryBackend(options);
  const { backend, faults } = faulty(memory);
  const driver = createDriver(backend);
  return { memory, driver, faults, container: await driver.createContainer('photos') };
}

/** A stream of these pieces. */
export async function* chunks(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield Buffer.from(part);
}
