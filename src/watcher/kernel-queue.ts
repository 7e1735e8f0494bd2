/**
 * Guesses that the kernel has dropped events. The kernel reports that with an event, which libuv discards. But the
 * queue is emptied in one turn of the event loop, so a turn with about as many events as the queue holds means that it
 * was full. It is one queue for all watches of an event loop; so is this.
 */
export interface KernelQueue {
  /** Call it for each raw event. */
  count(): void;
  /** `lost` is called once for each turn in which events may have been dropped. Returns a function that ends that. */
  onLoss(lost: (events: number) => void): () => void;
}

export function createKernelQueue(maxQueuedEvents: number): KernelQueue {
  const listeners = new Set<(events: number) => void>();
  // Measured: after an overflow a turn has exactly as many events as the queue holds. Half, because those of a watch
  // that was just closed are in the queue as well, and never reach us. A needless rescan does less harm.
  const suspicious = Math.max(Math.floor(maxQueuedEvents / 2), 1);
  let events = 0;

  const endOfTurn = (): void => {
    const seen = events;
    events = 0;
    if (seen >= suspicious) for (const lost of listeners) lost(seen);
  };

  return {
    count() {
      if (events === 0) setImmediate(endOfTurn); // runs right after the turn's events
      events += 1;
    },
    onLoss(lost) {
      listeners.add(lost);
      return () => {
        listeners.delete(lost);
      };
    },
  };
}
