import type { Clock } from '../clock.js';
import type { FoundLease } from './lease-object.js';

/** What is seen, look by look, of somebody else who has the place. */
export interface Rival {
  /** Milliseconds that what was found has been as it is, as far as we have seen, on our own clock. */
  silentMs(found: FoundLease): number;
  /** It has given a sign of life while we looked, or taken the place from us: it is no remnant of a process that is dead. */
  readonly lives: boolean;
  tookOver(): void;
  /** The place is ours: what was seen before counts no more. */
  forget(): void;
}

export function watchRival(clock: Pick<Clock, 'monotonic'>): Rival {
  let observed: { readonly text: string; readonly sinceMs: number } | undefined;
  let lives = false;
  return {
    silentMs({ text }) {
      const nowMs = clock.monotonic();
      if (observed?.text === text) return nowMs - observed.sinceMs;
      if (observed !== undefined) lives = true;
      observed = { text, sinceMs: nowMs };
      return 0;
    },
    get lives() {
      return lives;
    },
    tookOver() {
      lives = true;
    },
    forget() {
      observed = undefined;
    },
  };
}
