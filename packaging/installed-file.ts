import { chmod, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of a package. */
export type InstalledFile = RegularFile | SymbolicLink;

export interface RegularFile {
  /** Where it goes, without the slash at the beginning. */
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer | string;
}

export interface SymbolicLink {
  readonly path: string;
  readonly link: string;
}

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Writes the files below `root`, with the same modes and times whatever the umask and the clock are. */
export async function writeFiles(
  root: string,
  files: readonly InstalledFile[],
  epoch: number,
): Promise<void> {
  for (const file of files) {
    const path = join(root, file.path);
    await makeFolders(root, dirname(file.path));
    if ('link' in file) {
      await symlink(file.link, path);
      continue;
    }
    await writeFile(path, file.content, { flag: 'wx' });
    await chmod(path, file.mode);
    await utimes(path, epoch, epoch);
  }
}

/** Makes all that is below `root` readable for everyone, whatever the umask was when it was written. */
export async function makeReadable(root: string): Promise<void> {
  await chmod(root, FOLDER_MODE);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? FOLDER_MODE : FILE_MODE);
}

async function makeFolders(root: string, folder: string): Promise<void> {
  await mkdir(root, { recursive: true });
  await chmod(root, FOLDER_MODE);
  let at = root;
  for (const name of folder.split('/').filter((each) => each !== '.')) {
    at = join(at, name);
    await mkdir(at, { recursive: true });
    await chmod(at, FOLDER_MODE);
  }
}
