import { closeSync, constants, openSync } from 'node:fs';
import { type FileVersion, isVersion, statDescriptor } from '../../file-stat.js';
import type { openPlaceCheck } from './in-place.js';

/** Where all files of a task are. */
export interface Place {
  readonly follow: boolean;
  readonly has: ReturnType<typeof openPlaceCheck>;
}

export interface ExpectedVersion {
  /** Absolute, and below the source. */
  readonly path: string;
  readonly expected: FileVersion;
  /** Default: false. */
  readonly isFolder?: boolean;
}

/** Reads only if the file is in its place, and the expected one before and after: what was read is then one version of it. */
export function withOpenFile(
  { path, expected, isFolder = false }: ExpectedVersion,
  place: Place,
  read: (fd: number) => boolean,
): boolean {
  // O_NONBLOCK: a FIFO that took the file's place would otherwise wait for a writer without end.
  const fd = openSync(
    path,
    constants.O_RDONLY | constants.O_NONBLOCK | (place.follow ? 0 : constants.O_NOFOLLOW),
  );
  const isExpected = () => {
    const stat = statDescriptor(fd);
    // A folder's own size is that of the names in it, and no part of an entry.
    return isVersion(isFolder ? Object.assign(stat, { size: 0n }) : stat, expected);
  };
  try {
    return isExpected() && place.has(path, fd) && read(fd) && isExpected();
  } finally {
    closeSync(fd);
  }
}
