import type { RestoreSource } from '../restore/restore-context.js';
import type { RestoreEvent } from '../restore/restore-events.js';
import type { Io } from './io.js';
import { type ObjectProgress, openObjectProgress } from './object-progress.js';

/** How far a restore is, on a terminal. */
export interface RestoreProgress extends Pick<ObjectProgress, 'stderr' | 'onBytes' | 'close'> {
  readonly onEvent: (event: RestoreEvent) => void;
}

/**
 * Shows objects, bytes, rate and time left, by a listing of its own that counts ahead of the restore. Does nothing where stderr
 * is no terminal, or `isWanted` is false.
 */
export function openRestoreProgress(
  label: string,
  io: Pick<Io, 'stderr' | 'env' | 'clock'>,
  isWanted: boolean,
  list: (signal: AbortSignal) => AsyncIterable<RestoreSource>,
  signal: AbortSignal,
): RestoreProgress {
  const { stderr, onBytes, onObject, close } = openObjectProgress(io, {
    label,
    isWanted,
    async countAhead(counted, within) {
      for await (const { info } of list(within)) counted(info.size);
    },
    signal,
  });
  return {
    stderr,
    onBytes,
    onEvent({ outcome, size }) {
      onObject();
      if (outcome !== 'restored') onBytes(size); // those of the others were counted as they came
    },
    close,
  };
}
