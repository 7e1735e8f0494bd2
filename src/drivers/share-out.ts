import { childController } from '../signal.js';

/** Who does the pieces of some work. */
export interface Hands<Piece> {
  /** Whether another process is free for a piece now. */
  takes(): boolean;
  /** By another process. Resolves with what is left of it; rejects with nothing but the signal's reason. */
  away(piece: Piece): Promise<readonly Piece[]>;
  /** By this process: pieces that followed each other, or one that came back. */
  here(pieces: readonly Piece[]): Promise<void>;
}

/** While so many pieces have come back, nothing more is given away: others do not do them better. */
const MOST_RETURNED = 2;
/** Pieces that this process does at once when no other takes any: there are fewer ends, at which its lanes stand idle. */
const HERE_AT_ONCE = 4;

/**
 * Gives each piece to another process as soon as one is free for it, and does here what comes back, and everything while none
 * takes any. Rejects with the first failure here, once what others are at work on has ended; with the signal's reason at once.
 */
export async function shareOut<Piece>(
  pieces: readonly Piece[],
  { takes, away, here }: Hands<Piece>,
  signal: AbortSignal,
): Promise<void> {
  const left = [...pieces];
  const returned: Piece[] = [];
  const underWay = new Set<Promise<void>>();
  let isBusyHere = false;
  const { controller: failed, unlink } = childController(signal);

  function start(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => failed.abort(error))
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  async function giveAway(piece: Piece): Promise<void> {
    returned.push(...(await away(piece)));
  }

  async function doHere(some: readonly Piece[]): Promise<void> {
    isBusyHere = true;
    try {
      await here(some);
    } finally {
      isBusyHere = false;
    }
  }

  /** Begins what can begin now; false: nothing can. */
  function startNext(): boolean {
    if (failed.signal.aborted) return false;
    if (returned.length > 0 && !isBusyHere) {
      start(doHere(returned.splice(0, 1)));
      return true;
    }
    const [next] = left;
    if (next !== undefined && returned.length < MOST_RETURNED && takes()) {
      left.shift();
      start(giveAway(next));
      return true;
    }
    if (next === undefined || underWay.size > 0) return false;
    start(doHere(left.splice(0, HERE_AT_ONCE)));
    return true;
  }

  while (startNext() || underWay.size > 0) {
    while (startNext());
    await Promise.race(underWay);
  }
  unlink();
  failed.signal.throwIfAborted();
}
