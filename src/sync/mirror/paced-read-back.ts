import type { RemoteReadBack } from '../proof/batch-read-back.js';

/** What a scrub may read now. */
export interface ScrubPace {
  /** Resolves when so many bytes may be read: what other processes read counts as what is read here. */
  readonly draw: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when nothing else is to be done at the target, and it is well. */
  readonly whenQuiet: (signal: AbortSignal) => Promise<void>;
}

/**
 * The same read-backs by other processes, no faster than the pace. Rejects as well when none is free any more after the wait: what
 * is read here then is drawn a second time, so that less is read than could be, and never more.
 */
export function pacedReadBack(
  remote: RemoteReadBack,
  { draw, whenQuiet }: ScrubPace,
): RemoteReadBack {
  return {
    takes: remote.takes,
    async readBack(objects, signal) {
      await draw(
        objects.reduce((bytes, { size }) => bytes + size, 0),
        signal,
      );
      await whenQuiet(signal);
      if (!remote.takes()) throw new Error('no process is free any more');
      return remote.readBack(objects, signal);
    },
  };
}
