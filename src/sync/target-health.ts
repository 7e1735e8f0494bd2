import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { backoffMs } from './backoff.js';

/**
 * Whether a target answers. While it does not, its queue starts nothing and no job is burnt on it; one small request,
 * now and then, finds out when it is back.
 */
export interface TargetHealth {
  /** Undefined while the target is up. */
  readonly trouble: Error | undefined;
  /** A job met a fault of the target. The first report stops the queue and begins to probe. */
  report(error: Error): void;
}

export interface TargetHealthOptions {
  readonly target: string;
  /** Resolves when the target is usable again. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly queue: { pause(): void; resume(): void };
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Milliseconds of trouble after which `giveUp` is called; a daemon never gives up. */
  readonly patienceMs: number;
  readonly giveUp: (error: Error) => void;
}

const BETWEEN_PROBES = { firstMs: 1_000, limitMs: 60_000 };

export function watchHealth({ target, probe, queue, clock, log, random, signal, patienceMs, giveUp }: TargetHealthOptions): TargetHealth {
  let trouble: Error | undefined;

  async function probeUntilUp(): Promise<void> {
    const since = clock.monotonic();
    for (let attempt = 1; ; attempt += 1) {
      try {
        await clock.sleep(backoffMs(attempt, BETWEEN_PROBES, random()), signal);
        await probe(signal);
        break;
      } catch (error) {
        if (signal.aborted) return;
        trouble = error as Error;
        if (clock.monotonic() - since >= patienceMs) return giveUp(trouble);
        log.debug('target still down', { target, error, attempt });
      }
    }
    log.info('target is up again', { target, seconds: Math.round((clock.monotonic() - since) / 1_000) });
    trouble = undefined;
    queue.resume();
  }

  return {
    get trouble() {
      return trouble;
    },
    report(error) {
      if (trouble) return;
      trouble = error;
      queue.pause();
      log.warn('target is down: its work waits', { target, error });
      void probeUntilUp();
    },
  };
}
