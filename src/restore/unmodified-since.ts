import type { Backend } from '../drivers/backend.js';
import { findObject } from '../drivers/find-object.js';
import { mtimeNsIn } from '../sync/store/object-metadata.js';
import type { StoredAt } from './at-time.js';
import { inBatches } from './in-batches.js';
import type { RestoreSource } from './restore-context.js';

/** Objects that are looked up at once. */
const LOOK_UPS = 32;

/**
 * Without those objects that were stored after a time and whose file was modified after it, or says no time: they were not there
 * yet. What is left of the later ones got another name, or another mode, after the time, and there is no other copy of it.
 * Rejects as the driver does.
 */
export async function* unmodifiedSince(
  backend: Pick<Backend, 'headObject'>,
  stored: AsyncIterable<StoredAt>,
  atMs: number,
  signal: AbortSignal,
): AsyncGenerator<StoredAt, void> {
  async function described(each: StoredAt): Promise<StoredAt | undefined> {
    const { source, isLater } = each;
    if (source === undefined || isLater !== true) return each;
    const { container, key } = source.info;
    const info = await findObject(backend, { container, key }, { signal });
    if (info === undefined || mtimeNsIn(info.metaData) === undefined) return undefined;
    const found: RestoreSource = { ...source, info, isDescribed: true };
    return wasModifiedAfter(found, atMs) ? undefined : { ...each, source: found };
  }

  for await (const batch of inBatches(stored, LOOK_UPS))
    for (const each of await Promise.all(batch.map(described))) if (each !== undefined) yield each;
}

/** Whether the metadata of an object says that its file was modified after a time; milliseconds since the epoch. */
export function wasModifiedAfter({ info }: RestoreSource, atMs: number): boolean {
  const mtimeNs = mtimeNsIn(info.metaData);
  return mtimeNs !== undefined && mtimeNs > BigInt(Math.floor(atMs)) * 1_000_000n + 999_999n;
}
