import { watch } from 'node:fs';
import { type DirectoryEvents, type DirectoryWatch, entryName } from './directory-watch.js';

/**
 * A plain `fs.watch`: on Linux one inotify watch, in place when this returns. Throws ENOSPC and EMFILE at the system's
 * limits (watch-limits.ts), EACCES for a directory that may not be read.
 */
export function watchDirectory(absolutePath: string, events: DirectoryEvents): DirectoryWatch {
  const watcher = watch(absolutePath, { encoding: 'buffer' }, (kind, filename) =>
    events.changed(kind, entryName(filename)),
  );
  watcher.on('error', (error) => events.failed(error));
  return watcher;
}
