import type { Degraded, Hint, Watcher } from './watcher.js';

/** No events at all: the source is left to the mirror's own timer. `degraded` says so where the user did not ask for it. */
export function createScanOnlyWatcher(degraded: readonly Degraded[]): Watcher {
  const closing = new AbortController();
  const closed = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve());
  });

  // biome-ignore lint/correctness/useYield: there is nothing to say, ever
  async function* hints(): AsyncGenerator<Hint, void> {
    await closed;
  }

  return {
    ready: Promise.resolve(),
    state: () => ({ engine: 'scan', directories: 0, degraded, losses: 0 }),
    unsettled: () => undefined,
    unsettledRescans: () => undefined,
    unwatched: () => [], // none was meant to be watched
    appearedAs: () => [],
    async close() {
      closing.abort();
    },
    [Symbol.asyncIterator]: hints,
  };
}
