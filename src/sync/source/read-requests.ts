import type { FileVersion } from '../../file-stat.js';
import { joinTime, splitTime } from '../../file-time.js';

export interface ReadRequest {
  /** Absolute, and below the source. */
  readonly path: string;
  readonly kind: 'file' | 'symlink';
  /** What the file must still be: before the first byte is read and after the last. */
  readonly expected: FileVersion;
}

/** Many requests by columns: that crosses to another thread at a tenth of the cost of as many objects. */
export interface ReadRequests {
  /** Joined by NUL, which no path has. */
  readonly paths: string;
  /** 1 for a symbolic link. */
  readonly links: Uint8Array;
  readonly sizes: Float64Array;
  /** Seconds of the mtime and of the ctime of each. */
  readonly seconds: BigInt64Array;
  /** Nanoseconds after those. */
  readonly nanoseconds: Uint32Array;
  readonly inodes: BigUint64Array;
}

export function pack(requests: readonly ReadRequest[]): ReadRequests {
  const seconds = new BigInt64Array(requests.length * 2);
  const nanoseconds = new Uint32Array(requests.length * 2);
  requests.forEach(({ expected: { mtimeNs, ctimeNs } }, at) => {
    [mtimeNs, ctimeNs].map(splitTime).forEach((time, which) => {
      seconds[at * 2 + which] = time.seconds;
      nanoseconds[at * 2 + which] = time.nanoseconds;
    });
  });
  return {
    paths: requests.map(({ path }) => path).join('\0'),
    links: Uint8Array.from(requests, ({ kind }) => (kind === 'symlink' ? 1 : 0)),
    sizes: Float64Array.from(requests, ({ expected }) => expected.size),
    seconds,
    nanoseconds,
    inodes: BigUint64Array.from(requests, ({ expected }) => expected.inode),
  };
}

export function unpack({
  paths,
  links,
  sizes,
  seconds,
  nanoseconds,
  inodes,
}: ReadRequests): readonly ReadRequest[] {
  const time = (at: number): bigint =>
    joinTime({ seconds: seconds[at] ?? 0n, nanoseconds: nanoseconds[at] ?? 0 });
  return paths.split('\0').map((path, at) => ({
    path,
    kind: links[at] === 1 ? 'symlink' : 'file',
    expected: {
      size: sizes[at] ?? 0,
      mtimeNs: time(at * 2),
      ctimeNs: time(at * 2 + 1),
      inode: inodes[at] ?? 0n,
    },
  }));
}
