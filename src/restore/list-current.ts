import type { Backend } from '../drivers/backend.js';
import type { ObjectInfo } from '../drivers/call.js';
import { pages } from '../drivers/pages.js';
import { type MirrorPrefixes, namesListed } from '../sync/reserved-names.js';
import type { RestoreSource } from './restore-context.js';
import type { Selection } from './selection.js';

/** Where a mirror's objects, and its trash, are. */
export interface StoredMirror extends MirrorPrefixes {
  readonly container: string;
}

/** The current objects of a mirror that are asked for, as the provider lists them. Rejects as the driver does. */
export async function* listCurrent(
  backend: Backend,
  mirror: StoredMirror,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<RestoreSource, void> {
  const nameOf = namesListed(mirror);
  for await (const info of listInfos(backend, mirror, selection, signal)) {
    const name = nameOf(info.key);
    if (name !== undefined && selection.has(name)) yield { name, info, isCurrent: true };
  }
}

async function* listInfos(
  backend: Backend,
  { container, prefix }: StoredMirror,
  { prefixes }: Selection,
  signal: AbortSignal,
): AsyncGenerator<ObjectInfo, void> {
  for (const each of prefixes)
    for await (const { items } of pages(
      backend.name,
      (page) => backend.listObjects(container, prefix + each, page, { signal }),
      { signal },
    ))
      yield* items;
}
