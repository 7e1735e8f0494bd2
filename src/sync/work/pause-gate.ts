import { createCondition } from '../../condition.js';

/** Whether a person has paused a mirror: deletes and uploads wait, watching and scanning go on. */
export interface PauseGate {
  /** Until when; milliseconds since the epoch. Undefined: it is not paused. */
  readonly pausedUntilMs: number | undefined;
  /** Undefined ends the pause. */
  pause(untilMs: number | undefined): void;
  /** Resolves at once while it is not paused; rejects with the signal's reason. */
  whenOpen(signal: AbortSignal): Promise<void>;
  /** Calls `listener` when the mirror is paused, and when it is not any more. */
  listen(listener: (isPaused: boolean) => void): void;
}

export function createPauseGate(): PauseGate {
  const opened = createCondition();
  const listeners: ((isPaused: boolean) => void)[] = [];
  let pausedUntilMs: number | undefined;
  return {
    get pausedUntilMs() {
      return pausedUntilMs;
    },
    pause(untilMs) {
      const wasPaused = pausedUntilMs !== undefined;
      pausedUntilMs = untilMs;
      const isPaused = untilMs !== undefined;
      if (isPaused === wasPaused) return;
      if (!isPaused) opened.notifyAll();
      for (const listener of listeners) listener(isPaused);
    },
    async whenOpen(signal) {
      while (pausedUntilMs !== undefined) await opened.wait(signal);
    },
    listen(listener) {
      listeners.push(listener);
    },
  };
}
