import type { Clock } from '../../clock.js';
import { createCondition } from '../../condition.js';
import type { Logger } from '../../log.js';
import {
  type HealthEffect,
  type HealthEvent,
  type HealthState,
  healthStep,
  NEVER_DOWN,
} from './health-step.js';

/**
 * Whether a target answers. While it does not, its queue starts nothing and no job is burnt on it; one small request,
 * now and then, finds out when it is back. Its states and events: healthStep.
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

export function watchHealth(options: TargetHealthOptions): TargetHealth {
  const { target, probe, queue, clock, log, random, signal, patienceMs, giveUp } = options;
  let now: HealthState = NEVER_DOWN;
  const up = createCondition();

  /** The only place that changes the state. Returns the new one. */
  function apply(event: HealthEvent): HealthState {
    const { state, effects } = healthStep(now, event, patienceMs);
    now = state;
    for (const effect of effects) carryOut(effect);
    return state;
  }

  function carryOut(effect: HealthEffect): void {
    switch (effect.effect) {
      case 'pause':
        queue.pause();
        break;
      case 'probe':
        void probeIn(effect.inMs);
        break;
      case 'resume':
        log.info('target is up again', { target, seconds: Math.round(effect.afterMs / 1_000) });
        queue.resume();
        up.notifyAll();
        break;
      case 'give up':
        giveUp(effect.error);
    }
  }

  function failure(error: Error) {
    return { error, atMs: clock.monotonic(), random: random() };
  }

  async function probeIn(ms: number): Promise<void> {
    try {
      await clock.sleep(ms, signal);
      await probe(signal);
    } catch (error) {
      if (signal.aborted) return;
      log.debug('target still down', { target, error });
      apply({ type: 'probe failed', ...failure(error as Error) });
      return;
    }
    apply({ type: 'probe succeeded', atMs: clock.monotonic() });
  }

  return {
    get trouble() {
      return now.state === 'up' ? undefined : now.trouble;
    },
    report(error) {
      if (now.state !== 'up') return false;
      const { state } = apply({ type: 'fault', ...failure(error) });
      if (state === 'down') log.warn('target is down: its work waits', { target, error });
      return true;
    },
    async whenUp(until) {
      while (now.state !== 'up') await up.wait(until);
    },
  };
}
