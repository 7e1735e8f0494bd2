import type { Clock } from '../clock.js';
import { onAbort } from '../signal.js';

/** Admits a limited number of callers at once, in the order of their calls. */
export interface Gate {
  /** As `enter`, but only where that would not wait; undefined: it would. */
  tryEnter(): (() => void) | undefined;
  /** Resolves with a function that the caller must call once to leave. Rejects with the signal's reason when it is aborted first. */
  enter(signal: AbortSignal): Promise<() => void>;
  /** As calling the function that `enter` or `tryEnter` gave a caller; for callers that do not keep theirs. */
  leave(): void;
  /** Sets how many callers may be inside. Those who are inside stay. */
  allow(callers: number): void;
  /** Admits no caller for this time. A shorter pause does not end a longer one. */
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

  function freeSlot(signal: AbortSignal): Promise<void> {
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

  /** Waits inside, so that no other caller overtakes, and so that the wait keeps the process alive. */
  async function pause(signal: AbortSignal): Promise<void> {
    for (let ms = pausedUntil - clock.monotonic(); ms > 0; ms = pausedUntil - clock.monotonic())
      await clock.sleep(ms, signal);
  }

  function takeSlot(): boolean {
    if (inside >= allowed || waiting.size > 0) return false;
    inside += 1;
    return true;
  }

  return {
    tryEnter: () => (pausedUntil <= clock.monotonic() && takeSlot() ? release : undefined),
    async enter(signal) {
      signal.throwIfAborted();
      if (!takeSlot()) await freeSlot(signal);
      try {
        await pause(signal);
        return release;
      } catch (error) {
        release();
        throw error;
      }
    },
    leave: release,
    allow(next) {
      allowed = next;
      admit();
    },
    pauseFor(ms) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + ms);
    },
  };
}
