import type { Clock } from '../clock.js';

/** What became of the last message, or call, to a receiver. */
export interface Delivery {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly ok: boolean;
  /** For people: how long it took, or why it failed. It has no secret. */
  readonly detail: string;
}

/** The last delivery to each receiver since the program started. */
export interface Deliveries {
  last(receiver: string): Delivery | undefined;
  /** Sends, and remembers how that went. Rejects as `send` does; what its signal has ended is not remembered. */
  note(receiver: string, send: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

export function createDeliveries(clock: Pick<Clock, 'now' | 'monotonic'>): Deliveries {
  const deliveries = new Map<string, Delivery>();
  return {
    last: (receiver) => deliveries.get(receiver),
    async note(receiver, send, signal) {
      const beganMs = clock.monotonic();
      try {
        await send();
        const detail = `taken within ${Math.ceil(clock.monotonic() - beganMs)} ms`;
        deliveries.set(receiver, { atMs: clock.now(), ok: true, detail });
      } catch (error) {
        signal.throwIfAborted();
        const detail = error instanceof Error ? error.message : String(error);
        deliveries.set(receiver, { atMs: clock.now(), ok: false, detail });
        throw error;
      }
    },
  };
}
