import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import {
  InvalidCredentialsError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../drivers/errors.js';
import { type PackedObjects, packObjects } from '../../drivers/packed-objects.js';
import type { ObjectIndex } from '../../state/object-index.js';
import type { InventoryRule } from '../inventory-rule.js';
import { type MirrorPrefixes, namesListed } from '../reserved-names.js';
import type { RemotePage } from '../scan/remote-page.js';
import { sortedListing } from '../scan/sorted-listing.js';
import { UnusableFolderError } from '../sorted-on-disk.js';
import { type FoundInventory, findInventory } from './find-inventory.js';
import { InventoryError, InventoryProblem } from './inventory-error.js';
import { rowReader } from './inventory-row.js';
import { readDataFile } from './read-data-file.js';

export interface InventoryOptions {
  readonly backend: Backend;
  /** The mirror's. */
  readonly root: MirrorPrefixes & { readonly container: string };
  readonly rule: InventoryRule;
  readonly index: Pick<ObjectIndex, 'count'>;
  /** An absolute path: where its rows are sorted. */
  readonly folder: string;
  /** Is called with what is below the mirror's prefix, in no order, before any of it is given. */
  readonly seen: (objects: PackedObjects) => void;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
}

export interface OpenInventory {
  readonly found: FoundInventory;
  /** Below the mirror's prefix, without what is longshore's own. */
  readonly objects: number;
  /** In the order of UTF-8 bytes. */
  readonly pages: AsyncGenerator<RemotePage, void>;
  /** Gives the disk space back, whether or not all pages were read. */
  close(): Promise<void>;
}

/** Fewer records than this are looked at one by one in no time. */
const MANY_RECORDS = 1_000;

/**
 * Reads the newest inventory of a mirror's container to its end, which proves each of its files, and sorts it on disk: the
 * files of an inventory are in no order. Memory does not grow with the number of objects.
 * Rejects with InventoryError when there is no inventory that can be used, with the driver's error when the target is down or
 * refuses these credentials, and with the reason of `signal`.
 */
export async function openInventory(
  options: InventoryOptions,
  signal: AbortSignal,
): Promise<OpenInventory> {
  const { backend, root, rule, clock } = options;
  try {
    const found = await findInventory(backend, root.container, rule, clock.now(), { signal });
    return await openFound(found, options, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof InventoryProblem || isOfPlace(error))
      throw new InventoryError(rule, backend.name, error);
    throw error;
  }
}

async function openFound(
  found: FoundInventory,
  { backend, root, rule, index, folder, seen, clock }: InventoryOptions,
  signal: AbortSignal,
): Promise<OpenInventory> {
  const readRow = rowReader(found.fields, root.container);
  const nameOf = namesListed(root);
  const place = { backend, container: rule.container, clock };
  let objects = 0;
  async function* rows(): AsyncGenerator<RemotePage, void> {
    for (const file of found.files)
      for await (const batch of readDataFile(place, file, readRow, signal)) {
        signal.throwIfAborted();
        // Also what is longshore's own: it says which folders belong to other mirrors.
        const below = batch.filter(({ key }) => key.startsWith(root.prefix));
        objects += below.filter(({ key }) => nameOf(key) !== undefined).length;
        const packed = packObjects(below);
        seen(packed);
        yield { objects: packed, inspected: false };
      }
  }
  const sorted = sortedListing(rows(), folder);
  const first = await sorted.next(); // comes once all rows are there
  const close = async () => void (await sorted.return());
  try {
    refuseOtherPart(objects, index.count(), root.prefix);
  } catch (error) {
    await close();
    throw error;
  }
  return { found, objects, pages: withFirst(first, sorted), close };
}

async function* withFirst<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

/** A manifest does not say which prefix its inventory is restricted to. */
function refuseOtherPart(objects: number, records: number, prefix: string): void {
  if (records < MANY_RECORDS || objects * 2 >= records) return;
  throw new InventoryProblem(
    `it has ${objects} objects below ${JSON.stringify(prefix)}, and the index has ${records}: it is of another prefix, or older than most objects`,
  );
}

/** What the provider, or the disk, says of the inventory alone. */
function isOfPlace(error: unknown): error is Error {
  if (error instanceof UnusableFolderError) return true;
  return (
    error instanceof StorageError &&
    !(error instanceof TargetUnavailableError) &&
    !(error instanceof ThrottledError) &&
    !(error instanceof InvalidCredentialsError)
  );
}
