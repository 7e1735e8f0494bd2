import type { Clock } from '../clock.js';
import type { FoundLease } from './lease-object.js';

/** What repeated reads show of another holder of the lease. */
export interface Rival {
  /** Milliseconds on our clock since the lease was first read with this content. */
  silentMs(found: FoundLease): number;
  /** The holder renewed between two reads, or took the lease from us: its process runs. */
  readonly lives: boolean;
  tookOver(): void;
  /** This process took the lease: earlier reads count no more. */
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
