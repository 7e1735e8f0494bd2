import { once } from 'node:events';
import { FSWatcher } from 'chokidar';
import { watchDirectory } from './directories.js';
import { type DirectoryEvents, type DirectoryWatch, entryName } from './directory-watch.js';

/**
 * One chokidar for one directory. Left to itself, chokidar watches every file, and reads a new directory before it
 * watches it, which loses what is created in between. So it is given a single directory and told to ignore what is in
 * it; its `raw` event, which passes on what `fs.watch` says, is all that is used. `ready` comes after the watch.
 */
export async function watchDirectoryWithChokidar(absolutePath: string, events: DirectoryEvents): Promise<DirectoryWatch> {
  // chokidar takes a backslash for a separator on every system, and would watch another directory.
  if (absolutePath.includes('\\') && process.platform !== 'win32') return watchDirectory(absolutePath, events);
  const watcher = new FSWatcher({
    depth: 0,
    ignoreInitial: true,
    atomic: false, // it hides what looks like an editor's backup file
    ignored: (path) => path !== absolutePath,
  });
  // CHOKIDAR_USEPOLLING in the environment goes over the constructor's options.
  watcher.options = { ...watcher.options, usePolling: false };
  watcher.on('raw', (kind, name) => events.changed(kind === 'rename' ? 'rename' : 'change', entryName(name)));
  let placed = false;
  watcher.on('error', (error) => {
    if (placed) events.failed(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    const ready = once(watcher, 'ready'); // rejects with the first error
    watcher.add(absolutePath);
    await ready;
    placed = true;
  } catch (error) {
    await watcher.close();
    throw error;
  }
  return watcher;
}
