import type { Backend } from '../../drivers/backend.js';
import { pages } from '../../drivers/pages.js';
import type { ObjectName } from '../../state/object-index.js';
import { remoteFact } from '../store/container-store.js';
import { nameOfKey } from '../store/naming.js';
import type { ReservedNames } from '../store/reserved-names.js';
import { addTo, newPage, type RemotePage } from './remote-page.js';

/**
 * What a container holds below a prefix, page by page as it is wanted, by names without the prefix and without those
 * that are reserved; `seen` is told of each. Rejects when the provider gives a continuation that does not advance: it would be asked for ever,
 * and a listing that was cut short looks like drift.
 */
export async function* listRemote(
  backend: Backend,
  container: string,
  prefix: string,
  reserved: ReservedNames,
  signal: AbortSignal,
  seen: (name: ObjectName) => void = () => {},
): AsyncGenerator<RemotePage, void> {
  for await (const items of pages(backend.name, (page) => backend.listObjects(container, prefix, { ...page, bare: true }, { signal }))) {
    // Not inspected: what a listing does not tell, the object itself, or in the end its content, may.
    const page = newPage(false);
    for (const info of items) {
      const name = nameOfKey(prefix, info.key);
      // The "folder" object that some tools put at the prefix itself has no name of ours.
      if (name === undefined || reserved.has(name)) continue;
      seen(name);
      addTo(page, name, remoteFact(info));
    }
    yield page;
  }
}
