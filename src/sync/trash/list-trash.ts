import type { Backend } from '../../drivers/backend.js';
import { findChecksum } from '../../drivers/digest.js';
import { pages } from '../../drivers/pages.js';
import { readTrashed, type TrashedName } from './trash-name.js';

/** Where a mirror's trash is. Prefixes are empty, or end in `/`. */
export interface TrashPlace {
  readonly container: string;
  /** Of the mirror. */
  readonly prefix: string;
  /** Of the trash, below that. */
  readonly trashPrefix: string;
}

/** One thing in the trash. */
export interface TrashEntry extends TrashedName {
  /** The whole name of the object that it is now. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Hex; undefined where the listing does not tell. */
  readonly md5: string | undefined;
  /** Milliseconds since the epoch. With a provider that says when an object came to be: when it was thrown away, by its clock. */
  readonly lastModifiedMs: number | undefined;
}

/**
 * What is in the trash, a page at a time; the oldest folder first where the provider lists in order. What does not have
 * the form of our own names there is not ours, and is skipped. `begin`: only folders whose names begin with this. Rejects as
 * the driver does.
 */
export async function* listTrash(
  backend: Backend,
  { container, prefix, trashPrefix }: TrashPlace,
  signal: AbortSignal,
  begin = '',
): AsyncGenerator<readonly TrashEntry[], void> {
  const root = prefix + trashPrefix;
  for await (const { items } of pages(
    backend.name,
    (request) => backend.listObjects(container, root + begin, request, { signal }),
    { signal },
  )) {
    yield items.flatMap(({ key, size, checksums, extra }) => {
      const trashed = key.startsWith(root) ? readTrashed(key.slice(root.length)) : undefined;
      const { lastModified } = extra;
      const lastModifiedMs = typeof lastModified === 'number' ? lastModified : undefined;
      return trashed === undefined
        ? []
        : [{ ...trashed, key, size, md5: findChecksum(checksums, 'md5')?.hex, lastModifiedMs }];
    });
  }
}
