import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import { FOLDER_MS, type TrashWhy, trashFolder } from './trash-name.js';

/** Chooses the folder of the trash that something goes to. */
export interface TrashFolders {
  /**
   * A place, `FOLDER/NAME`, that holds nothing yet, or what was put there as the same content before: another attempt at
   * the same move ends where the first one did. `content` differs between two contents of one name.
   */
  placeFor(name: ObjectName, content: string, why: TrashWhy): string;
  /** What comes next goes to new folders. */
  begin(): void;
}

/** Names of one folder kept in mind; then another folder is begun. */
const MOST_NAMES = 10_000;

/** A folder that takes more. */
interface OpenFolder {
  readonly folder: string;
  /** On the monotonic clock. */
  readonly openedAt: number;
  readonly contents: Map<ObjectName, string>;
}

export function createTrashFolders(clock: Pick<Clock, 'now' | 'monotonic'>): TrashFolders {
  const folders = new Map<TrashWhy, OpenFolder>();
  let lastMs = Number.NEGATIVE_INFINITY;

  function open(why: TrashWhy): OpenFolder {
    lastMs = after(lastMs, clock.now());
    const folder = trashFolder(lastMs, randomBytes(3).toString('hex'), why);
    const opened = { folder, openedAt: clock.monotonic(), contents: new Map() };
    folders.set(why, opened);
    return opened;
  }

  function takes({ openedAt, contents }: OpenFolder, name: ObjectName, content: string): boolean {
    if (contents.size >= MOST_NAMES || clock.monotonic() - openedAt >= FOLDER_MS) return false;
    return (contents.get(name) ?? content) === content;
  }

  return {
    begin: () => folders.clear(),
    placeFor(name, content, why) {
      const known = folders.get(why);
      const { folder, contents } =
        known !== undefined && takes(known, name, content) ? known : open(why);
      contents.set(name, content);
      return `${folder}/${name}`;
    },
  };
}

/** Two folders of one moment would have no order; a clock that was set back is believed all the same. */
function after(lastMs: number, nowMs: number): number {
  return lastMs - nowMs >= 0 && lastMs - nowMs < FOLDER_MS ? lastMs + 1 : nowMs;
}
