import { onAbort } from '../../signal.js';
import type { IndexLocation } from '../../state/object-index.js';
import type { SnapshotHeader } from '../../state/snapshot-format.js';
import type { WrittenSnapshot } from '../../state/write-snapshot.js';
import { threadProgram } from '../../thread-program.js';
import { type StateTrouble, stateErrorOf } from '../state-trouble.js';

/** What the thread works on. */
export interface SnapshotOrder {
  readonly location: IndexLocation;
  /** Of the file to be made. */
  readonly path: string;
  readonly header: SnapshotHeader;
  /** Shared memory: see CANCELLED. */
  readonly shared: Int32Array;
}

export type FromSnapshot =
  | { readonly written: WrittenSnapshot }
  | { readonly error: unknown; readonly state?: StateTrouble };

/** Place in the shared memory: not 0 once the thread is to end. */
export const CANCELLED = 0;

const PROGRAM = threadProgram(new URL('./snapshot-worker.js', import.meta.url), {
  name: 'longshore-snapshot',
});

/**
 * Writes a snapshot of one moment of an index, all that is durable now, into a new file, in a thread of its own. Rejects with
 * what the index or the file system throws (the file may be there, cut short), and with the reason of `signal`.
 */
export async function makeSnapshot(
  order: Omit<SnapshotOrder, 'shared'>,
  signal: AbortSignal,
): Promise<WrittenSnapshot> {
  signal.throwIfAborted();
  const shared = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = PROGRAM.start({ ...order, shared } satisfies SnapshotOrder);
  const unlisten = onAbort(signal, () => void Atomics.store(shared, CANCELLED, 1));
  try {
    const answer = await new Promise<FromSnapshot>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread of an index snapshot ended early')));
    });
    signal.throwIfAborted();
    if ('written' in answer) return answer.written;
    throw answer.state === undefined ? answer.error : stateErrorOf(answer.state, answer.error);
  } finally {
    unlisten();
  }
}
