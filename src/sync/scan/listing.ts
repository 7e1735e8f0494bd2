import type { Backend } from '../../drivers/backend.js';
import { type PackedObjects, packObjects } from '../../drivers/packed-objects.js';
import { pages } from '../../drivers/pages.js';
import { remoteFact } from '../store/object-facts.js';
import { bareObject, type RemotePage } from './remote-page.js';

/**
 * All that a container holds whose keys begin with the prefix, one page at a time, on demand; see `namesListed` for what of
 * it is a mirror's. `seen` is called with each page. Rejects when the provider gives a continuation that does not advance: it
 * would be requested again and again, and a listing that was cut short looks like drift.
 */
export async function* listRemote(
  backend: Backend,
  container: string,
  prefix: string,
  signal: AbortSignal,
  seen: (page: PackedObjects) => void = () => {},
): AsyncGenerator<RemotePage, void> {
  for await (const page of pages(
    backend.name,
    (at) => backend.listObjects(container, prefix, { ...at, bare: true }, { signal }),
    {
      signal,
    },
  )) {
    const objects =
      page.packed ?? packObjects(page.items.map((info) => bareObject(info.key, remoteFact(info))));
    seen(objects);
    // Not inspected: what a listing does not tell, the object itself, or in the end its content, may.
    yield { objects, inspected: false };
  }
}
