import type { Clock } from '../../clock.js';
import type { Examined } from './examine-object.js';
import type { ReadSince } from './past-runs.js';

/** Counts what is read back until it is written down. */
export interface ReadCount {
  /** Resolves when it is counted and, now and then, written down; rejects as `note` does. */
  add(bytes: number, found: Examined): Promise<void>;
  /** Writes down what is not written yet. */
  flush(): Promise<void>;
}

/** A crash costs the count of so many milliseconds; each note is a commit of the ledger. */
const NOTE_EVERY_MS = 600_000;

/** `note` writes it down. */
export function createReadCount(
  clock: Pick<Clock, 'now' | 'monotonic'>,
  note: (read: ReadSince) => Promise<void>,
): ReadCount {
  let read: Omit<ReadSince, 'toMs'> | undefined;
  let beganMs = 0;

  async function flush(): Promise<void> {
    const counted = read;
    read = undefined;
    if (counted !== undefined) await note({ ...counted, toMs: clock.now() });
  }

  return {
    async add(bytes, found) {
      if (found === 'skipped') return;
      if (read === undefined) beganMs = clock.monotonic();
      const before = read ?? { fromMs: clock.now(), objects: 0, bytes: 0, differences: 0 };
      read = {
        ...before,
        objects: before.objects + 1,
        bytes: before.bytes + bytes,
        differences: before.differences + Number(DIFFERENCES.has(found)),
      };
      if (clock.monotonic() - beganMs >= NOTE_EVERY_MS) await flush();
    },
    flush,
  };
}

const DIFFERENCES: ReadonlySet<Examined> = new Set(['missing', 'damaged', 'changed']);
