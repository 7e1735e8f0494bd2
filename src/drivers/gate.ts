import type { Clock } from '../clock.js';
import { onAbort } from '../signal.js';

/** Lets a number of callers in at once, in the order in which they came. */
export interface Gate {
  /** Resolves with what must be called, once, to leave. Rejects with the signal's reason when it is aborted first. */
  enter(signal: AbortSignal): Promise<() => void>;
  /** How many may be inside from now on. Who is inside stays. */
  allow(callers: number): void;
  /** Lets nobody in for so long. A shorter pause does not cut a longer one. */
  pauseFor(ms: number): void;
}

export function openGate(clock: Pick<Clock, 'monotonic' | 'sleep'>, callers: number): Gate {
  let allowed = callers;
  let inside = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  const waiting = new Set<() => void>();

  function admit(): void {
    for (const letIn of waiting) {
      if (inside >= allowed) return;
      waiting.delete(letIn);
      inside += 1;
      letIn();
    }
  }

  function release(): void {
    inside -= 1;
    admit();
  }

  function place(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const letIn = () => {
        forget();
        resolve();
      };
      const forget = onAbort(signal, () => {
        waiting.delete(letIn);
        reject(signal.reason);
      });
      waiting.add(letIn);
      admit();
    });
  }

  /** Waits inside: nobody else may go ahead either, and a wait that somebody holds keeps the process alive. */
  async function pause(signal: AbortSignal): Promise<void> {
    for (let ms = pausedUntil - clock.monotonic(); ms > 0; ms = pausedUntil - clock.monotonic())
      await clock.sleep(ms, signal);
  }

  return {
    async enter(signal) {
      signal.throwIfAborted();
      if (inside < allowed && waiting.size === 0) inside += 1;
      else await place(signal);
      try {
        await pause(signal);
        return release;
      } catch (error) {
        release();
        throw error;
      }
    },
    allow(next) {
      allowed = next;
      admit();
    },
    pauseFor(ms) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + ms);
    },
  };
}
