import type { Backend } from '../../drivers/backend.js';
import type { Call, ObjectPage, PageRequest } from '../../drivers/call.js';
import { type PackedObjects, packObjects } from '../../drivers/packed-objects.js';
import type { CutAfter } from '../../drivers/range-plan.js';
import { rangedPages } from '../../drivers/ranged-pages.js';
import type { ObjectIndex } from '../../state/object-index.js';
import { nameOfKey } from '../naming.js';
import { remoteFact } from '../store/object-facts.js';
import { bareObject, type RemotePage } from './remote-page.js';

/** Whose objects are listed, and by what is known of them. */
export interface ListedRoot {
  readonly container: string;
  readonly prefix: string;
  /** What was sent there: says where ranges of the listing are cut. */
  readonly index: Pick<ObjectIndex, 'nameAfter'>;
}

/**
 * All that a container holds whose keys begin with the prefix, page by page, on demand; see `namesListed` for what of it is a
 * mirror's. Several pages are asked for at once where the backend gains by it. `seen` is called with each page. Rejects when the
 * provider gives a continuation that does not advance: it would be requested again and again, and a listing that was cut short
 * looks like drift.
 */
export async function* listRemote(
  backend: Backend,
  { container, prefix, index }: ListedRoot,
  signal: AbortSignal,
  seen: (page: PackedObjects) => void = () => {},
): AsyncGenerator<RemotePage, void> {
  const { listingOrder, pagesAtOnce } = backend.capabilities;
  const source = {
    driver: backend.name,
    prefix,
    pagesAtOnce: listingOrder === 'utf8' ? pagesAtOnce : () => 1,
    list: (page: PageRequest, call: Call) =>
      backend.listObjects(container, prefix, { ...page, bare: true }, call),
    keep: packed,
  };
  for await (const objects of rangedPages(source, { cutAfter: knownCuts(index, prefix), signal })) {
    seen(objects);
    // Not inspected: what a listing does not tell, the object itself, or in the end its content, may.
    yield { objects, inspected: false };
  }
}

function packed({ packed, items }: ObjectPage): PackedObjects {
  return packed ?? packObjects(items.map((info) => bareObject(info.key, remoteFact(info))));
}

function knownCuts(index: Pick<ObjectIndex, 'nameAfter'>, prefix: string): CutAfter {
  return (after, count) => {
    const name = index.nameAfter(after === undefined ? after : nameOfKey(prefix, after), count);
    return name === undefined ? undefined : prefix + name;
  };
}
