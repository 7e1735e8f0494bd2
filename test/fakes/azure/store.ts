import { createHash, randomUUID } from 'node:crypto';

/** Thrown by a handler. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(`refused: ${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

export interface Block {
  /** Base64. */
  readonly id: string;
  readonly bytes: Buffer;
}

export interface StoredBlob {
  readonly bytes: Buffer;
  /** Content type, cache control and so on, by the names that readers get. */
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** In quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** Base64; undefined: none is stored. */
  readonly md5: string | undefined;
  readonly tier: string;
  /** Of one that is on its way out of the tier Archive: `rehydrate-pending-to-hot`. */
  readonly archiveStatus?: string;
  /** Whether it is the account's, since none was given. */
  readonly tierInferred: boolean;
  readonly type: 'BlockBlob' | 'PageBlob' | 'AppendBlob';
  /** Of a blob that was committed of blocks. */
  readonly blocks: readonly Block[];
  readonly versionId: string;
  readonly copy?: { readonly id: string; readonly status: string } | undefined;
  /** Whether snapshots keep it from being deleted. */
  readonly hasSnapshots?: boolean;
}

export interface StoredContainer {
  readonly blobs: Map<string, StoredBlob>;
  /** Blocks by blob name, in the order in which they came. */
  readonly uncommitted: Map<string, Block[]>;
  /** Earlier contents by blob name, the oldest first. */
  readonly versions: Map<string, StoredBlob[]>;
}

export interface Store {
  readonly containers: Map<string, StoredContainer>;
  container(name: string | undefined): StoredContainer;
  blob(container: string | undefined, key: string | undefined): StoredBlob;
}

export const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('base64');

export function createStore(): Store {
  const containers = new Map<string, StoredContainer>();
  const store: Store = {
    containers,
    container(name) {
      const found = containers.get(name ?? '');
      if (found === undefined) throw new Refusal(404, 'ContainerNotFound');
      return found;
    },
    blob(container, key) {
      const found = store.container(container).blobs.get(key ?? '');
      if (found === undefined) throw new Refusal(404, 'BlobNotFound');
      return found;
    },
  };
  return store;
}

export const emptyContainer = (): StoredContainer => ({
  blobs: new Map(),
  uncommitted: new Map(),
  versions: new Map(),
});

export const newEtag = () => `"0x8D${randomUUID().replaceAll('-', '').slice(0, 13).toUpperCase()}"`;
