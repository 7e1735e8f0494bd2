import type { Attributes } from './attributes.js';

/** Small files whose contents are in memory, by columns: row `i` of each is about the same file. See upload-batch.ts. */
export interface WriteBatch {
  /** Paths below the root, joined by NUL, which no path has. */
  readonly paths: string;
  /** The contents, one after the other. */
  readonly content: ArrayBuffer;
  /** Bytes of each. */
  readonly sizes: Float64Array;
  /** The 16 bytes of the MD5 that each content must have. */
  readonly md5s: Uint8Array;
  /** The time that each file gets, in seconds since the epoch, as `utimes` takes them (see time-text.ts); NaN: none. */
  readonly seconds: Float64Array;
  /** Permission and special bits. */
  readonly modes: Uint16Array;
  /** The owner (2i) and the group (2i + 1); undefined: none is set. */
  readonly owners: Uint32Array | undefined;
}

/** The path below the root of a file. */
export type Segments = readonly string[];

export const MD5_BYTES = 16;

export function joinPaths(paths: readonly Segments[]): string {
  return paths.map((segments) => segments.join('/')).join('\0');
}

export function splitPaths(paths: string): readonly Segments[] {
  return paths === '' ? [] : paths.split('\0').map((path) => path.split('/'));
}

/** One file of a batch. */
export interface BatchRow {
  readonly segments: Segments;
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  readonly seconds: number;
  readonly mode: number;
  readonly owner: Pick<Attributes, 'uid' | 'gid'>;
}

/**
 * `content`: those of the rows, one after the other; there may be more memory behind them. `setOwner`: whether those are given
 * owners whose user and group are known.
 */
export function packRows(
  rows: readonly BatchRow[],
  content: ArrayBuffer,
  setOwner: boolean,
): WriteBatch {
  const md5s = new Uint8Array(rows.length * MD5_BYTES);
  for (const [row, { md5 }] of rows.entries()) md5s.set(Buffer.from(md5, 'hex'), row * MD5_BYTES);
  return {
    paths: joinPaths(rows.map(({ segments }) => segments)),
    content,
    sizes: Float64Array.from(rows, ({ size }) => size),
    md5s,
    seconds: Float64Array.from(rows, ({ seconds }) => seconds),
    modes: Uint16Array.from(rows, ({ mode }) => mode),
    owners: setOwner
      ? Uint32Array.from(
          rows.flatMap(({ owner: { uid, gid } }) =>
            uid === undefined || gid === undefined ? [UNCHANGED, UNCHANGED] : [uid, gid],
          ),
        )
      : undefined,
  };
}

/** For chown(2). */
const UNCHANGED = 2 ** 32 - 1;
