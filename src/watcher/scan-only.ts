import type { Degraded, Hint, Watcher } from './watcher.js';

/** A watcher without events: only the mirror's timer scans. `degraded` says so where the configuration asked for a watch. */
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
    unwatched: () => [], // no watch was intended
    appearedAs: () => [],
    async close() {
      closing.abort();
    },
    [Symbol.asyncIterator]: hints,
  };
}
