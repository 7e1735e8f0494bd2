import { setMaxListeners } from 'node:events';

/** For calls that nobody can abort. */
export const NEVER_ABORTED: AbortSignal = new AbortController().signal;

/** Runs once when the signal is aborted, at once if it is already. Returns what takes that back. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  setMaxListeners(0, signal); // a thousand calls that wait on one signal are no leak, which is what Node would warn of
  signal.addEventListener('abort', run, { once: true });
  return () => signal.removeEventListener('abort', run);
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
export async function* untilAborted(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
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
export function childController(...parents: readonly AbortSignal[]): { readonly controller: AbortController; unlink(): void } {
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
