import { isWellFormed } from '../../utf8-order.js';

/** In the root: the objects' records and temporary files. Never a container. */
export const PRIVATE_FOLDER = '.longshore';

/** In a container that is a mount of its own: its temporary files. Never part of an object name. */
export const BESIDE_FOLDER = '.longshore-incoming';

/** NAME_MAX of every Linux file system that matters; APFS and NTFS hold 255 characters, which is no less. */
const SEGMENT_BYTES = 255;

/** PATH_MAX of Linux, without its terminating NUL. */
const PATH_BYTES = 4095;

/** What earlier versions could hold as the key of a record, less the container's name and the NUL behind it. */
const DATABASE_KEY_BYTES = 4026 - (SEGMENT_BYTES + 1);

/** Bytes of UTF-8 that an object name may have under this root, whatever its container is called. */
export function maxKeyBytes(root: string): number {
  const container = Buffer.byteLength(root) + 1 + SEGMENT_BYTES + 1;
  return Math.max(0, Math.min(PATH_BYTES - container, DATABASE_KEY_BYTES));
}

/** Why there can be no container of this name, or undefined. */
export function containerNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.startsWith('.')) return 'it starts with a dot';
  if (/[/\\\0]/.test(name)) return 'it has a "/", a "\\" or a NUL in it';
  if (!isWellFormed(name)) return 'it has half of a surrogate pair in it, which UTF-8 cannot hold';
  if (Buffer.byteLength(name) > SEGMENT_BYTES) return `it is longer than ${SEGMENT_BYTES} bytes`;
  return undefined;
}

/** Whether the object of this name is a folder: see folder-objects.ts. */
export function isFolderKey(key: string): boolean {
  return key.endsWith('/');
}

/** Why a file system cannot hold an object of this name, or undefined. */
export function keyProblem(key: string, maxBytes: number): string | undefined {
  if (key === '') return 'it is empty';
  if (key.includes('\0')) return 'it has a NUL in it, which no file name can hold';
  if (!isWellFormed(key)) return 'it has half of a surrogate pair in it, which UTF-8 cannot hold';
  if (Buffer.byteLength(key) > maxBytes)
    return `it is longer than the ${maxBytes} bytes that a path under this root can have`;
  const segments = (isFolderKey(key) ? key.slice(0, -1) : key).split('/');
  for (const segment of segments) {
    if (segment === '')
      return 'it begins with "/", or has "//" in it, and a folder has no name that is empty';
    if (segment === '.' || segment === '..') return `its part "${segment}" means another folder`;
    if (segment.length * 3 > SEGMENT_BYTES && Buffer.byteLength(segment) > SEGMENT_BYTES) {
      return `its part "${segment.slice(0, 20)}…" is longer than ${SEGMENT_BYTES} bytes`;
    }
  }
  if (segments[0] === BESIDE_FOLDER)
    return `"${BESIDE_FOLDER}" is where unfinished objects are kept`;
  return undefined;
}
