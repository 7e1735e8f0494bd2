import type { Backend } from '../../drivers/backend.js';
import type { KeyRange, ObjectInfo } from '../../drivers/call.js';
import { RangeIgnoredError } from '../../drivers/errors.js';
import { pages } from '../../drivers/pages.js';
import type { ObjectName } from '../../state/object-index.js';
import { type MirrorPrefixes, namesListed } from '../reserved-names.js';
import { isEmptyRange, isInRange, type NameRange } from './cuts.js';

/** Whose objects are listed. */
export interface ListedMirror extends MirrorPrefixes {
  readonly container: string;
}

export interface ListedObject {
  readonly name: ObjectName;
  readonly info: ObjectInfo;
}

/**
 * The objects of a mirror whose names are in a range, as the provider lists them, and nothing else, whatever it answers. Only
 * the range is listed where the provider can do that, else everything. `under`: beginnings of names, none of them the beginning
 * of another; no object outside of them is listed. Rejects as the driver does.
 */
export async function* listRange(
  backend: Backend,
  mirror: ListedMirror,
  range: NameRange,
  signal: AbortSignal,
  under: readonly string[] = [''],
): AsyncGenerator<ListedObject, void> {
  if (isEmptyRange(range)) return;
  const nameOf = namesListed(mirror);
  const { prefix } = mirror;
  for (const each of under)
    for await (const info of listInfos(backend, mirror, prefix + each, range, signal)) {
      const name = nameOf(info.key);
      if (name !== undefined && isInRange(range, name)) yield { name, info };
    }
}

async function* listInfos(
  backend: Backend,
  { container, prefix }: ListedMirror,
  keyPrefix: string,
  { after, upTo }: NameRange,
  signal: AbortSignal,
): AsyncGenerator<ObjectInfo, void> {
  const keys = {
    after: after === '' ? undefined : prefix + after,
    upTo: upTo === undefined ? undefined : prefix + upTo,
  };
  let isListed = false;
  try {
    // Where the order is not known, a range is no beginning and no end.
    if (backend.capabilities.listingOrder === 'utf8') {
      for await (const { items } of listPages(backend, container, keyPrefix, keys, signal)) {
        isListed = true;
        yield* items;
      }
      return;
    }
  } catch (error) {
    // A provider that ignores ranges does so from the first page on.
    if (!(error instanceof RangeIgnoredError) || isListed) throw error;
  }
  for await (const { items } of listPages(backend, container, keyPrefix, {}, signal)) yield* items;
}

function listPages(
  backend: Backend,
  container: string,
  keyPrefix: string,
  range: KeyRange,
  signal: AbortSignal,
) {
  return pages(
    backend.name,
    (page) => backend.listObjects(container, keyPrefix, { ...page, range }, { signal }),
    { signal },
  );
}
