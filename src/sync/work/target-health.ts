import type { Clock } from '../../clock.js';
import { createCondition } from '../../condition.js';
import { StorageError } from '../../drivers/errors.js';
import type { Logger } from '../../log.js';
import { backoffMs } from '../backoff.js';

/**
 * Whether a target answers. While it does not, its queue starts nothing and no job is burnt on it; one small request,
 * now and then, finds out when it is back.
 */
export interface TargetHealth {
  /** Undefined while the target is up. */
  readonly trouble: Error | undefined;
  /**
   * A job met a fault of the target. The first report stops the queue and begins to probe. False: the target counted as
   * down already.
   */
  report(error: Error): boolean;
  /** Resolves at once while the target is up; rejects with the signal's reason. */
  whenUp(signal: AbortSignal): Promise<void>;
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
/** Trouble that comes back sooner is the same trouble: the probe sees less than the work does. */
const SOUND_MS = 60_000;

export function watchHealth({
  target,
  probe,
  queue,
  clock,
  log,
  random,
  signal,
  patienceMs,
  giveUp,
}: TargetHealthOptions): TargetHealth {
  let trouble: Error | undefined;
  let probes = 0;
  let downSince = 0;
  let upSince = Number.NEGATIVE_INFINITY;
  const up = createCondition();

  async function probeUntilUp(): Promise<void> {
    for (;;) {
      probes += 1;
      try {
        await clock.sleep(
          Math.max(askedToWait(trouble), backoffMs(probes, BETWEEN_PROBES, random())),
          signal,
        );
        await probe(signal);
        break;
      } catch (error) {
        if (signal.aborted) return;
        trouble = error as Error;
        log.debug('target still down', { target, error, probes });
      }
      if (clock.monotonic() - downSince >= patienceMs) return giveUp(trouble);
    }
    upSince = clock.monotonic();
    log.info('target is up again', { target, seconds: Math.round((upSince - downSince) / 1_000) });
    trouble = undefined;
    queue.resume();
    up.notifyAll();
  }

  return {
    get trouble() {
      return trouble;
    },
    report(error) {
      if (trouble) return false;
      trouble = error;
      queue.pause();
      if (clock.monotonic() - upSince > SOUND_MS) {
        probes = 0;
        downSince = clock.monotonic();
      } else if (clock.monotonic() - downSince >= patienceMs) {
        giveUp(error);
        return true;
      }
      log.warn('target is down: its work waits', { target, error });
      void probeUntilUp();
      return true;
    },
    async whenUp(until) {
      while (trouble !== undefined) await up.wait(until);
    },
  };
}

/** A provider that says when to come back is not asked before. Milliseconds. */
function askedToWait(error: Error | undefined): number {
  return error instanceof StorageError && typeof error.retry === 'object' ? error.retry.afterMs : 0;
}
