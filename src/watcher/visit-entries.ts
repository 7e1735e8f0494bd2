import { type Dirent, opendirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** About 5 ms of reading. */
const ENTRIES_PER_TURN = 5_000;

/** Every entry of a folder of any size, in constant memory and without holding up the event loop. */
export async function visitEntries(
  absolutePath: string,
  visit: (entry: Dirent) => void,
): Promise<void> {
  const folder = opendirSync(absolutePath, { bufferSize: 64 });
  try {
    let read = 0;
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      visit(entry);
      read += 1;
      if (read % ENTRIES_PER_TURN === 0) await nextTurn();
    }
  } finally {
    folder.closeSync();
  }
}

/** Some file systems do not say in the listing what an entry is: then it may be a folder. */
export function maybeFolder(entry: Dirent): boolean {
  return (
    entry.isDirectory() ||
    !(
      entry.isFile() ||
      entry.isSymbolicLink() ||
      entry.isFIFO() ||
      entry.isSocket() ||
      entry.isBlockDevice() ||
      entry.isCharacterDevice()
    )
  );
}
