import { once } from 'node:events';
import { Readable } from 'node:stream';
import { FSWatcher } from 'chokidar';
import { systemClock } from '../clock.js';
import { lstatPathIfAny } from '../file-stat.js';
import { watchDirectory } from './directories.js';
import { type DirectoryEvents, type DirectoryWatch, entryName } from './directory-watch.js';

/** Milliseconds for chokidar to become ready before it is started again; doubled each time. */
const FIRST_PATIENCE_MS = 250;
const LAST_PATIENCE_MS = 2_000;

/**
 * One chokidar for one directory. Left to itself, chokidar watches every file, and reads a new directory before it
 * watches it, which loses what is created in between. So it is given a single directory and none of its entries; its
 * `raw` event, which passes on what `fs.watch` says, is all that is used. `ready` comes after the watch.
 */
export async function watchDirectoryWithChokidar(
  absolutePath: string,
  events: DirectoryEvents,
): Promise<DirectoryWatch> {
  // chokidar takes a backslash for a separator on every system, and would watch another directory.
  if (absolutePath.includes('\\') && process.platform !== 'win32')
    return watchDirectory(absolutePath, events);
  const before = whatIsAt(absolutePath);
  const isLink = lstatPathIfAny(absolutePath)?.isSymbolicLink() ?? false;
  for (let patienceMs = FIRST_PATIENCE_MS; patienceMs <= LAST_PATIENCE_MS; patienceMs *= 2) {
    const watcher = await placed(absolutePath, events, isLink, patienceMs);
    if (watcher !== undefined) return watcher;
    // chokidar 5 is never ready when something else has taken the directory's place meanwhile.
    if (whatIsAt(absolutePath) !== before)
      throw new Error(`${absolutePath} was exchanged as it was about to be watched`);
  }
  // The folder is still the same: watch it without chokidar.
  return watchDirectory(absolutePath, events);
}

function whatIsAt(path: string): string {
  const stat = lstatPathIfAny(path);
  return stat === undefined ? 'nothing' : `${stat.dev} ${stat.ino} ${stat.mode & 0o170000n}`;
}

/**
 * A chokidar that never reads a directory. Its reader resolves each symbolic link among the entries, whatever options it
 * is given, and one link that it does not expect (through a file: ENOTDIR) ends the reading without a word: chokidar is
 * then never ready.
 */
class EntrylessWatcher extends FSWatcher {
  override _readdirp(): ReturnType<FSWatcher['_readdirp']> {
    return Readable.from([]) as unknown as ReturnType<FSWatcher['_readdirp']>;
  }
}

/** `isLink`: the directory itself is named by a symbolic link. Undefined when it was not ready in time. */
async function placed(
  absolutePath: string,
  events: DirectoryEvents,
  isLink: boolean,
  patienceMs: number,
): Promise<FSWatcher | undefined> {
  const watcher = new EntrylessWatcher({
    followSymlinks: isLink,
    depth: 0,
    ignoreInitial: true,
    atomic: false, // it hides what looks like an editor's backup file
    ignored: (path) => path !== absolutePath,
  });
  // CHOKIDAR_USEPOLLING in the environment goes over the constructor's options.
  watcher.options = { ...watcher.options, usePolling: false };
  watcher.on('raw', (kind, name) =>
    events.changed(kind === 'rename' ? 'rename' : 'change', entryName(name)),
  );
  let isPlaced = false;
  watcher.on('error', (error) => {
    if (isPlaced) events.failed(error instanceof Error ? error : new Error(String(error)));
  });
  const late = new AbortController();
  const cancel = systemClock.after(patienceMs, () => late.abort());
  try {
    const ready = once(watcher, 'ready', { signal: late.signal }); // rejects with the first error
    watcher.add(absolutePath);
    await ready;
    isPlaced = true;
    return watcher;
  } catch (error) {
    await watcher.close();
    if (late.signal.aborted) return undefined;
    throw error;
  } finally {
    cancel();
  }
}
