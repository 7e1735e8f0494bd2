import type { ObjectName } from '../../state/object-index.js';
import type { RemoteFact } from '../decide.js';

/** A part of a container's listing, by columns: that is what crosses to another thread at the least cost. */
export interface RemotePage {
  readonly names: readonly ObjectName[];
  readonly sizes: readonly number[];
  /** Hex digests of the contents; null where the listing has none. */
  readonly md5s: readonly (string | null)[];
  readonly etags: readonly (string | null)[];
  /** Whether the listing tells all that the objects themselves would: see RemoteFact. */
  readonly inspected: boolean;
}

export function factAt(page: RemotePage, at: number): RemoteFact {
  const md5 = page.md5s[at] ?? null;
  const etag = page.etags[at] ?? null;
  return {
    size: page.sizes[at] ?? 0,
    ...(md5 === null ? {} : { md5 }),
    ...(etag === null ? {} : { etag }),
    inspected: page.inspected,
  };
}

/** A page that is being filled. */
export interface GrowingPage extends RemotePage {
  readonly names: ObjectName[];
  readonly sizes: number[];
  readonly md5s: (string | null)[];
  readonly etags: (string | null)[];
}

export function newPage(inspected: boolean): GrowingPage {
  return { names: [], sizes: [], md5s: [], etags: [], inspected };
}

export function addTo(page: GrowingPage, name: ObjectName, { size, md5, etag }: RemoteFact): void {
  page.names.push(name);
  page.sizes.push(size);
  page.md5s.push(md5 ?? null);
  page.etags.push(etag ?? null);
}

export function pageOf(objects: readonly (readonly [ObjectName, RemoteFact])[], inspected: boolean): RemotePage {
  const page = newPage(inspected);
  for (const [name, fact] of objects) addTo(page, name, fact);
  return page;
}

/** Gives the next page, undefined after the last. */
export type NextPage = () => Promise<RemotePage | undefined>;
