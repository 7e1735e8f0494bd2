import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { statPath } from './file-stat.js';

// As `mkdir -p`. Node's own recursive mkdir never ends where a folder is there and takes no new ones with ENOENT, as /proc
// and the mount points of autofs do.

/** Resolves with the topmost folder that was made; undefined when all were there. Rejects as the system does. */
export async function makeFolders(path: string, mode = 0o777): Promise<string | undefined> {
  const make = () =>
    mkdir(path, { mode }).then(
      () => path,
      (error: unknown) => thereAlready(error, path),
    );
  try {
    return await make();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    const first = await makeFolders(dirname(path), mode);
    const made = await make();
    return first ?? made;
  }
}

/** The same at once; throws. */
export function makeFoldersSync(path: string): string | undefined {
  const make = () => {
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      return thereAlready(error, path);
    }
  };
  try {
    return make();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    const first = makeFoldersSync(dirname(path));
    const made = make();
    return first ?? made;
  }
}

function thereAlready(error: unknown, path: string): undefined {
  if (codeOf(error) !== 'EEXIST' || !statPath(path).isDirectory()) throw error;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
