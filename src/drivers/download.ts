import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { makeFolders } from '../make-folders.js';
import { ObjectError } from './errors.js';
import { syncNames } from './sync-path.js';

/** What the file system takes for the end of a segment. */
const SEPARATOR = sep === '/' ? '/' : /[\\/]/;

export interface SaveOptions {
  readonly objectName: string;
  readonly driver: string;
  readonly overwriteExisting: boolean;
  readonly deleteOnFailure: boolean;
  /** What the file is given before it appears under its name. */
  readonly attributes?: DownloadedAttributes;
}

export interface DownloadedAttributes {
  /** Seconds since the epoch, as decimal text. */
  readonly mtime?: string;
  /** Permission bits. */
  readonly mode?: number;
}

/**
 * Writes the bytes beside `destination` and moves them into place when the source has ended without an error. The
 * source is not opened when the destination is not acceptable. When this has resolved, a loss of power takes neither
 * the file nor its name. See StorageDriver.downloadObject.
 */
export async function saveTo(
  destination: string,
  open: () => AsyncIterable<Uint8Array>,
  options: SaveOptions,
): Promise<void> {
  const file = await resolveDestination(destination, options);
  if (!options.overwriteExisting && (await exists(file))) throw alreadyThere(file, options);
  const part = join(dirname(file), `.longshore-${randomUUID()}.part`); // short, since the name itself may be as long as names can be
  try {
    await writeDurably(part, open(), options.attributes);
    await renameIntoPlace(part, file, options);
  } catch (error) {
    // Whether or not this works, the failure before it is what the caller needs to know.
    const tidied = options.deleteOnFailure
      ? rm(part, { force: true })
      : rename(part, `${file}.part`);
    await tidied.catch(() => undefined);
    throw error;
  }
  await syncNames(dirname(file));
}

async function resolveDestination(destination: string, options: SaveOptions): Promise<string> {
  const found = await statOrUndefined(destination);
  if (found?.isDirectory()) return makeWayBelow(destination, options);
  if (!destination.endsWith('/') && !destination.endsWith(sep)) return destination;
  throw refused(
    `"${destination}" ${found === undefined ? 'does not exist' : 'is not a folder'}; create the folder first`,
    options,
  );
}

/**
 * The path of the object's own name below the folder, with the folders on the way there; never outside, whatever the name
 * and whatever links there are. Rejects with ObjectError when that cannot be.
 */
export async function makeWayBelow(
  folder: string,
  options: Pick<SaveOptions, 'objectName' | 'driver'>,
): Promise<string> {
  const segments = options.objectName.split(SEPARATOR);
  const last = segments.at(-1);
  if (last === '' || last === '.' || segments.includes('..') || options.objectName.includes('\0')) {
    throw refused(
      'its name is not one that a file below a folder can have; give the path of a file instead',
      options,
    );
  }
  const file = join(folder, options.objectName);
  const root = await realpath(folder);
  const nearest = await realpath(await nearestExisting(dirname(file)));
  if (nearest !== root && !nearest.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw refused(`"${dirname(file)}" leads outside "${folder}" by a symbolic link`, options);
  }
  await makeWay(dirname(file));
  return file;
}

/** The names of those that were missing survive a loss of power. */
async function makeWay(folder: string): Promise<void> {
  const first = await makeFolders(folder);
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made))
    await syncNames(dirname(made));
}

async function nearestExisting(path: string): Promise<string> {
  return (await statOrUndefined(path)) === undefined ? nearestExisting(dirname(path)) : path;
}

async function writeDurably(
  path: string,
  source: AsyncIterable<Uint8Array>,
  { mtime, mode }: DownloadedAttributes = {},
): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    for await (const chunk of source) await writeAll(file, chunk);
    if (mode !== undefined) await file.chmod(mode);
    if (mtime !== undefined) await file.utimes(mtime, mtime);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    offset += (await file.write(chunk, offset)).bytesWritten;
  }
}

async function renameIntoPlace(part: string, file: string, options: SaveOptions): Promise<void> {
  if (options.overwriteExisting) return rename(part, file);
  try {
    await link(part, file); // unlike rename, it refuses to replace a file that came meanwhile
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || (await exists(file))) throw alreadyThere(file, options);
    return rename(part, file); // a file system without hard links
  }
  await rm(part);
}

function alreadyThere(file: string, options: SaveOptions): ObjectError {
  return refused(`"${file}" exists already and overwriteExisting is false`, options);
}

function refused(
  why: string,
  { objectName, driver }: Pick<SaveOptions, 'objectName' | 'driver'>,
): ObjectError {
  return new ObjectError(objectName, `was not downloaded: ${why}`, { driver });
}

async function exists(path: string): Promise<boolean> {
  return (await statOrUndefined(path)) !== undefined;
}

async function statOrUndefined(
  path: string,
): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
