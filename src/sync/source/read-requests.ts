import type { FileStat } from './file-stat.js';

export interface ReadRequest {
  /** Absolute, and below the source. */
  readonly path: string;
  readonly kind: 'file' | 'symlink';
  /** What the file must still be: before the first byte is read and after the last. */
  readonly expected: FileStat;
}

/** Many requests by columns: that crosses to another thread at a tenth of the cost of as many objects. */
export interface ReadRequests {
  /** Joined by NUL, which no path has. */
  readonly paths: string;
  /** 1 for a symbolic link. */
  readonly links: Uint8Array;
  /** Size, mtime, ctime and inode of each, in this order. */
  readonly stats: BigInt64Array;
}

const FIELDS = 4;

export function pack(requests: readonly ReadRequest[]): ReadRequests {
  const stats = new BigInt64Array(requests.length * FIELDS);
  requests.forEach(({ expected }, at) => {
    stats[at * FIELDS] = BigInt(expected.size);
    stats[at * FIELDS + 1] = expected.mtimeNs;
    stats[at * FIELDS + 2] = expected.ctimeNs;
    // Inodes are unsigned; the same 64 bits come back.
    stats[at * FIELDS + 3] = BigInt.asIntN(64, expected.inode);
  });
  const links = Uint8Array.from(requests, ({ kind }) => (kind === 'symlink' ? 1 : 0));
  return { paths: requests.map(({ path }) => path).join('\0'), links, stats };
}

export function unpack({ paths, links, stats }: ReadRequests): readonly ReadRequest[] {
  const field = (at: number, which: number): bigint => stats[at * FIELDS + which] ?? 0n;
  return paths.split('\0').map((path, at) => ({
    path,
    kind: links[at] === 1 ? 'symlink' : 'file',
    expected: {
      size: Number(field(at, 0)),
      mtimeNs: field(at, 1),
      ctimeNs: field(at, 2),
      inode: BigInt.asUintN(64, field(at, 3)),
    },
  }));
}
