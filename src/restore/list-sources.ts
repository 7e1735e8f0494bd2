import { tmpdir } from 'node:os';
import type { Backend } from '../drivers/backend.js';
import { StorageError } from '../drivers/errors.js';
import { classify } from '../sync/failure.js';
import { sortedOnDisk } from '../sync/sorted-on-disk.js';
import { compareNames } from '../utf8-order.js';
import { contentsAt, type StoredAt } from './at-time.js';
import { listCurrent, type StoredMirror } from './list-current.js';
import { listTrashedAfter } from './list-trashed.js';
import { listVersionsAt, storedAtMs } from './list-versions.js';
import type { RestoreSource } from './restore-context.js';
import type { Selection } from './selection.js';
import { unmodifiedSince } from './unmodified-since.js';

/**
 * The objects that are asked for: as they are now, or as they were at a time (`atMs`, milliseconds since the epoch), by the
 * versions that the provider keeps and by the trash. Rejects as the driver does.
 */
export function listSources(
  backend: Backend,
  mirror: StoredMirror,
  selection: Selection,
  atMs: number | undefined,
  signal: AbortSignal,
): AsyncIterable<RestoreSource> {
  if (atMs === undefined) return listCurrent(backend, mirror, selection, signal);
  const stored = listStoredAt(backend, mirror, selection, atMs, signal);
  return contentsAt(
    unmodifiedSince(backend, stored, atMs, signal),
    listTrashedAfter(backend, mirror, selection, atMs, signal),
  );
}

/** By versions; by the current objects where the provider lists none. */
async function* listStoredAt(
  backend: Backend,
  mirror: StoredMirror,
  selection: Selection,
  atMs: number,
  signal: AbortSignal,
): AsyncGenerator<StoredAt, void> {
  const { name, capabilities } = backend;
  if (capabilities.versions !== undefined) {
    const { versions } = capabilities;
    const unlessRefused = (error: unknown): undefined => {
      if (isRefusedListing(error, mirror.container)) return undefined;
      throw error;
    };
    const keeps = await versions.keepsVersions(mirror.container, { signal }).catch(unlessRefused);
    const known = { name, versions, isKeeping: keeps ?? true };
    const listed = listVersionsAt(known, mirror, selection, atMs, signal);
    const first = await listed.next().catch(unlessRefused);
    if (first?.done === true) return;
    if (first !== undefined) {
      yield* inOrder(backend, following(first.value, listed));
      return;
    }
  }
  yield* listObjectsAt(backend, mirror, selection, atMs, signal);
}

async function* following<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield first;
  yield* others;
}

/** Whether a provider that can be reached refused to list versions: it has none, or these credentials may not see them. */
function isRefusedListing(error: unknown, container: string): boolean {
  return (
    error instanceof StorageError &&
    error.retry === 'never' &&
    classify(error, container).kind !== 'target'
  );
}

/** What is there still. An object without a time counts as always there. */
async function* listObjectsAt(
  backend: Backend,
  mirror: StoredMirror,
  selection: Selection,
  atMs: number,
  signal: AbortSignal,
): AsyncGenerator<StoredAt, void> {
  for await (const source of inOrder(backend, listCurrent(backend, mirror, selection, signal))) {
    const isLater = storedAtMs(source.info) > atMs;
    yield { name: source.name, source, isVersion: false, ...(isLater && { isLater }) };
  }
}

/** In the order of names, whatever the provider's order is. */
function inOrder<T extends { readonly name: string }>(
  { capabilities }: Backend,
  listed: AsyncIterable<T>,
): AsyncIterable<T> {
  if (capabilities.listingOrder === 'utf8') return listed;
  async function* single(): AsyncGenerator<readonly T[], void> {
    for await (const each of listed) yield [each];
  }
  const compare = (a: T, b: T) => compareNames(a.name, b.name);
  return sortedOnDisk(single(), { compare, folder: tmpdir(), runLength: 10_000 });
}
