import { createHash } from 'node:crypto';

/** Thrown by a handler. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`refused: ${status}`);
    this.status = status;
  }
}

export interface Segment {
  readonly container: string;
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

export interface StoredObject {
  /** Of a manifest: the manifest. */
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedMs: number;
  readonly segments: readonly Segment[] | undefined;
}

export interface StoredContainer {
  readonly objects: Map<string, StoredObject>;
  readonly headers: Record<string, string>;
}

export interface Store {
  readonly containers: Map<string, StoredContainer>;
  container(name: string | undefined): StoredContainer;
  object(container: string | undefined, key: string | undefined): StoredObject;
  /** The content that a reader gets: of a large object all segments; 409 when one is missing. */
  content(object: StoredObject): Buffer;
  etag(object: StoredObject): string;
}

export const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('hex');

/** In UTF-8 byte order, as SQLite has them. */
export const inOrder = (names: Iterable<string>) =>
  [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

export function createStore(): Store {
  const containers = new Map<string, StoredContainer>();
  /** The segments of a dynamic large object. */
  function dynamic(manifest: string): readonly StoredObject[] {
    const [container = '', start = ''] = decodeURIComponent(manifest).split(/\/(.*)/s, 2);
    const { objects } = store.container(container);
    return inOrder(objects.keys()).flatMap((key) =>
      key.startsWith(start) ? [objects.get(key)!] : [],
    );
  }

  const store: Store = {
    containers,
    container(name) {
      const found = containers.get(name ?? '');
      if (found === undefined) throw new Refusal(404);
      return found;
    },
    object(container, key) {
      const found = store.container(container).objects.get(key ?? '');
      if (found === undefined) throw new Refusal(404);
      return found;
    },
    content(object) {
      const prefix = object.headers['x-object-manifest'];
      if (prefix !== undefined) return Buffer.concat(dynamic(prefix).map(({ bytes }) => bytes));
      if (object.segments === undefined) return object.bytes;
      return Buffer.concat(
        object.segments.map(({ container, key, etag }) => {
          const segment = containers.get(container)?.objects.get(key);
          if (segment === undefined || md5(segment.bytes) !== etag) throw new Refusal(409);
          return segment.bytes;
        }),
      );
    },
    etag: ({ bytes, segments, headers }) => {
      const prefix = headers['x-object-manifest'];
      if (prefix !== undefined)
        return `"${md5(
          dynamic(prefix)
            .map((segment) => store.etag(segment))
            .join(''),
        )}"`;
      return segments === undefined
        ? md5(bytes)
        : `"${md5(segments.map(({ etag }) => etag).join(''))}"`;
    },
  };
  return store;
}
