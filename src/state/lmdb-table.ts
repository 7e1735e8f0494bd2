// One table of an LMDB file, as lmdb-file.ts opens it.

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Reads; all of them may throw StateDamagedError and StateUnavailableError. */
export interface LmdbTable {
  get(key: Buffer): Buffer | undefined;
  /** In byte order, as of the beginning of the iteration. Ending early closes the cursor. */
  entries(range?: { readonly start?: Buffer; readonly end?: Buffer }): Iterable<Entry>;
  /** The first key that is not before this one. */
  keyFrom(key: Buffer): Buffer | undefined;
  /** The key that comes `count` places after this one, which need not be there (undefined: after the beginning). */
  keyAfter(key: Buffer | undefined, count: number): Buffer | undefined;
  /** In a table of several values a key: those of this one, in byte order. */
  valuesOf(key: Buffer): Iterable<Buffer>;
  count(): number;
}

/** Writes are for within `commit`; their keys and values must not change until it has settled. */
export interface WritableTable extends LmdbTable {
  put(key: Buffer, value: Buffer): void;
  /** In a table of several values a key, one of them. */
  remove(key: Buffer, value?: Buffer): void;
}
