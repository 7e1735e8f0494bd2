import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { QueueAwayError } from './dispatcher.js';
import { unfitBy } from './redis-trouble.js';

/** Whether a queue can be used, and since when not. Logs each change once. */
export interface QueueLink {
  isUp(): boolean;
  up(): void;
  down(error: unknown): void;
  /** Why it cannot be used; undefined: it can. */
  why(): string | undefined;
  /** Milliseconds since it could be used last; 0 while it can. */
  downForMs(): number;
}

/** The first connection may take so long before it counts as away, if nothing was wrong with it until then. */
const FIRST_MS = 5_000;

/** Down until `up` is called for the first time. */
export function createLink(clock: Pick<Clock, 'monotonic'>, log: Logger): QueueLink {
  let why: string | undefined = 'not connected yet';
  let sinceMs = clock.monotonic();
  let reported: string | undefined;
  let wasUp = false;

  const isConnecting = (error: unknown) =>
    !wasUp && error instanceof QueueAwayError && clock.monotonic() - sinceMs < FIRST_MS;

  return {
    isUp: () => why === undefined,
    up() {
      if (why !== undefined) log.info('queue up', {});
      wasUp = true;
      why = undefined;
      reported = undefined;
    },
    down(error) {
      if (why === undefined) sinceMs = clock.monotonic();
      if (isConnecting(error)) return;
      const unfit = unfitBy(error);
      const text = error instanceof Error ? error.message : String(error);
      why = unfit?.message ?? text;
      const report = unfit?.message ?? 'away';
      if (report === reported) return;
      reported = report;
      if (unfit === undefined) log.warn('queue away, the daemon works alone', { error });
      else log.error('queue refused, the daemon works alone', { error: unfit });
    },
    why: () => why,
    downForMs: () => (why === undefined ? 0 : clock.monotonic() - sinceMs),
  };
}
