/** For calls that must not be aborted. */
export const NEVER_ABORTED: AbortSignal = new AbortController().signal;

/** What waits for a signal. All share one listener, as Node goes over a signal's listeners to add or to remove one. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly runs: Set<() => void>;
  unlisten(): void;
}

/** Runs once when the signal is aborted, at once if it is already. Returns what takes that back. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  const { runs, unlisten } = waiting.get(signal) ?? listen(signal);
  const own = () => run(); // twice the same function is two
  runs.add(own);
  return () => {
    runs.delete(own);
    if (runs.size === 0) unlisten();
  };
}

function listen(signal: AbortSignal): Waiting {
  const runs = new Set<() => void>();
  const runAll = () => {
    for (const run of runs) run();
  };
  const unlisten = () => {
    waiting.delete(signal);
    signal.removeEventListener('abort', runAll);
  };
  signal.addEventListener('abort', runAll, { once: true });
  const entry = { runs, unlisten };
  waiting.set(signal, entry);
  return entry;
}

/** The promise, or the signal's reason as soon as the signal is aborted; what the promise does after that is ignored. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let forget = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    forget();
  }
}

/** The same chunks until the signal is aborted. Then it rejects at once, even while the source gives nothing. */
export async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let waiting = false;
  let ended = false;
  try {
    while (true) {
      waiting = true;
      const step = await orAborted(iterator.next(), signal);
      waiting = false;
      ended = step.done === true;
      if (step.done) return;
      yield step.value;
    }
  } finally {
    const closing = ended ? undefined : iterator.return?.();
    // A source that hangs in next() would hang in return() too.
    if (waiting) closing?.then(undefined, () => undefined);
    else await closing;
  }
}

/**
 * A controller that is aborted with the first of `parents`. `unlink` when done: long-lived signals would otherwise collect
 * listeners. (Of each AbortSignal.any, Node 20 keeps some 100 bytes for as long as one of its sources lives.)
 */
export function childController(...parents: readonly AbortSignal[]): {
  readonly controller: AbortController;
  unlink(): void;
} {
  const controller = new AbortController();
  const links = parents.map((parent) => onAbort(parent, () => controller.abort(parent.reason)));
  return {
    controller,
    unlink() {
      for (const unlink of links) unlink();
    },
  };
}

/** Rejects with the reason of the first of them that is aborted. */
export function whenAborted(...signals: readonly AbortSignal[]): Promise<never> {
  const { controller, unlink } = childController(...signals);
  return new Promise<never>((_, reject) => {
    onAbort(controller.signal, () => {
      unlink();
      reject(controller.signal.reason);
    });
  });
}
