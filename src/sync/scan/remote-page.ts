import {
  type BareObject,
  type PackedObjects,
  PackedReader,
  packObjects,
} from '../../drivers/packed-objects.js';
import type { ObjectName } from '../../state/object-index.js';
import type { RemoteFact } from '../decide.js';

/** A part of a container's listing. It can be sent to another thread once: the memory goes with it. */
export interface RemotePage {
  readonly objects: PackedObjects;
  /** Whether the listing has all that a HEAD of each object would have: see RemoteFact. */
  readonly inspected: boolean;
}

/** Gives the next page, undefined after the last. */
export type NextPage = () => Promise<RemotePage | undefined>;

/** The content of an object, as far as a listing says it. */
export interface ListedContent {
  readonly size: number;
  /** Hex MD5; undefined where the provider does not report it. */
  readonly md5?: string | undefined;
}

/** What a page says of its objects, one by one. */
export interface RemoteReader extends ListedContent {
  /** False at the end. Before the first call it stands at no object. */
  next(): boolean;
  readonly key: string;
  fact(): RemoteFact;
}

export function readPage({ objects, inspected }: RemotePage): RemoteReader {
  const reader = new PackedReader(objects);
  return {
    next: () => reader.next(),
    get key() {
      return reader.key;
    },
    get size() {
      return reader.size;
    },
    get md5() {
      return reader.md5;
    },
    fact() {
      const { size, md5, etag } = reader;
      const fact: { -readonly [Field in keyof RemoteFact]: RemoteFact[Field] } = {
        size,
        inspected,
      };
      if (md5 !== undefined) fact.md5 = md5;
      if (etag !== undefined) fact.etag = etag;
      return fact;
    },
  };
}

export function pageOf(
  objects: readonly (readonly [ObjectName, RemoteFact])[],
  inspected: boolean,
): RemotePage {
  return { objects: packObjects(objects.map(([name, fact]) => bareObject(name, fact))), inspected };
}

export function bareObject(key: string, { size, md5, etag }: RemoteFact): BareObject {
  return { key, size, md5, etag };
}
