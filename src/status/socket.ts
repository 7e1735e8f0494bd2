import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Path of a daemon's socket inside its state folder. */
export const SOCKET_NAME = 'control.sock';

/** `sun_path` of unix(7) has 108 bytes, including a final zero; macOS and the BSDs have 104. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

export interface ShortPath {
  /** A path to the same file that fits into a socket address, valid until `release`. */
  readonly path: string;
  release(): Promise<void>;
}

/**
 * The kernel refuses socket paths above some hundred bytes, and libuv cuts them off. Linux has a way out: the folder is
 * opened and named by its descriptor. Elsewhere a path that is too long is an error that says what to do.
 */
export async function shortPath(folder: string, name: string): Promise<ShortPath> {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_PATH) return { path, release: async () => {} };
  if (process.platform !== 'linux') {
    throw new Error(
      `${path} is longer than the ${LONGEST_PATH} bytes of a socket path: set "state" to a folder with a shorter path`,
    );
  }
  const handle: FileHandle = await open(folder, 'r');
  return { path: `/proc/self/fd/${handle.fd}/${name}`, release: () => handle.close() };
}
