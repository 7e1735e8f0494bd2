import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import { FOLDER_MS, trashFolder } from './trash-name.js';

/** Chooses the folder of the trash that something goes to. */
export interface TrashFolders {
  /**
   * A place, `FOLDER/NAME`, that holds nothing yet, or what was put there as the same content before: another attempt at
   * the same move ends where the first one did. `content` differs between two contents of one name.
   */
  placeFor(name: ObjectName, content: string): string;
  /** What comes next goes to a new folder. */
  begin(): void;
}

/** Names of one folder kept in mind; then another folder is begun. */
const MOST_NAMES = 10_000;

export function createTrashFolders(clock: Pick<Clock, 'now' | 'monotonic'>): TrashFolders {
  let folder: string | undefined;
  let openedAt = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const contents = new Map<ObjectName, string>();

  function begin(): void {
    folder = undefined;
    contents.clear();
  }

  return {
    begin,
    placeFor(name, content) {
      const before = contents.get(name);
      const isTaken = before !== undefined && before !== content;
      if (isTaken || contents.size >= MOST_NAMES || clock.monotonic() - openedAt >= FOLDER_MS)
        begin();
      if (folder === undefined) {
        lastMs = after(lastMs, clock.now());
        folder = trashFolder(lastMs, randomBytes(3).toString('hex'));
        openedAt = clock.monotonic();
      }
      contents.set(name, content);
      return `${folder}/${name}`;
    },
  };
}

/** Two folders of one moment would have no order; a clock that was set back is believed all the same. */
function after(lastMs: number, nowMs: number): number {
  return lastMs - nowMs >= 0 && lastMs - nowMs < FOLDER_MS ? lastMs + 1 : nowMs;
}
