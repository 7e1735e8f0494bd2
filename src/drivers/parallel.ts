import { childController, orAborted } from '../signal.js';

/**
 * Runs `work` on each item, `lanes` at a time, and takes an item only when a lane is free for it. The first failure
 * aborts the signal of the others. This rejects with it when all lanes have ended.
 */
export async function eachInParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  lanes: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { controller, unlink } = childController(signal);
  const iterator = eachOf(items);
  const lane = async (): Promise<void> => {
    try {
      while (true) {
        const step = await orAborted(iterator.next(), controller.signal);
        if (step.done) return;
        await work(step.value, controller.signal);
      }
    } catch (error) {
      controller.abort(error);
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  unlink();
  if (ends.every((end) => end.status === 'fulfilled')) return;
  iterator.return().then(undefined, () => undefined); // not awaited: a source that hangs in next() hangs here too
  throw controller.signal.reason;
}

/** A generator queues calls of `next`, so that all lanes can take from one. */
async function* eachOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* items;
}
