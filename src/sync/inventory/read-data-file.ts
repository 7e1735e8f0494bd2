import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import { ObjectDoesNotExistError } from '../../drivers/errors.js';
import type { BareObject } from '../../drivers/packed-objects.js';
import { steadyRead } from '../store/steady-read.js';
import { rowsOfCsv } from './csv-rows.js';
import { InventoryProblem } from './inventory-error.js';
import type { ReadRow } from './inventory-row.js';
import type { InventoryFile } from './manifest.js';

/** Where the files of an inventory are read from. */
export interface InventoryPlace {
  readonly backend: Pick<Backend, 'readObject'>;
  readonly container: string;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Objects that are given at once. */
const BATCH = 1000;

/**
 * The objects of one file of an inventory, as they come. Only once it has ended are size and MD5 of the file known to be
 * those of the manifest: nothing may be done with an object before.
 * @throws InventoryProblem for a file that is missing, torn, or not that of the manifest
 */
export async function* readDataFile(
  { backend, container, clock }: InventoryPlace,
  file: InventoryFile,
  readRow: ReadRow,
  signal: AbortSignal,
): AsyncGenerator<readonly BareObject[], void> {
  const ref = { container, key: file.key };
  const md5 = createHash('md5');
  const received = { bytes: 0, isWhole: false };
  async function* tallied(): AsyncGenerator<Uint8Array, void> {
    const read = steadyRead((range) => backend.readObject(ref, range, { signal }), clock, signal);
    for await (const chunk of read) {
      received.bytes += chunk.byteLength;
      md5.update(chunk);
      yield chunk;
    }
    received.isWhole = true;
  }
  let batch: BareObject[] = [];
  try {
    for await (const row of rowsOfCsv(tallied())) {
      const object = readRow(row);
      if (object === undefined) continue;
      batch.push(object);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    throw problemOf(error, file, received);
  }
  if (received.bytes !== file.size) throw otherSize(file, received.bytes);
  if (md5.digest('hex') !== file.md5)
    throw new InventoryProblem(`${file.key} has another MD5 than its manifest says`);
  yield batch;
}

function problemOf(
  error: unknown,
  file: InventoryFile,
  { bytes, isWhole }: { readonly bytes: number; readonly isWhole: boolean },
): unknown {
  if (error instanceof InventoryProblem)
    return new InventoryProblem(`${file.key}: ${error.message}`, { cause: error });
  if (error instanceof ObjectDoesNotExistError)
    return new InventoryProblem(
      `its file ${file.key} is missing: does a lifecycle rule delete the files before the manifests?`,
      { cause: error },
    );
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string' || !/^(?:Z|CSV)_/.test(code)) return error;
  if (isWhole && bytes !== file.size) return otherSize(file, bytes);
  return new InventoryProblem(
    `${file.key} is no gzip-compressed CSV file: ${(error as Error).message}`,
    { cause: error },
  );
}

function otherSize({ key, size }: InventoryFile, received: number): InventoryProblem {
  return new InventoryProblem(`${key} has ${received} bytes, and its manifest says ${size}`);
}
