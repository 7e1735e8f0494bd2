import { StorageError } from '../../drivers/errors.js';
import { backoffMs } from '../backoff.js';

/** All times are milliseconds of the monotonic clock. */
export type HealthState =
  | {
      readonly state: 'up';
      /** Minus infinity: it was never down. */
      readonly sinceMs: number;
      /** The trouble before that: trouble that comes back soon continues it. */
      readonly last: Pick<Down, 'sinceMs' | 'probes'>;
    }
  | ({ readonly state: 'down' | 'abandoned' } & Down);

interface Down {
  readonly trouble: Error;
  /** When the trouble began. */
  readonly sinceMs: number;
  /** How many probes were requested since then. */
  readonly probes: number;
}

export type HealthEvent = { readonly atMs: number } & (
  | { readonly type: 'fault'; readonly error: Error; readonly random: number }
  | { readonly type: 'probe failed'; readonly error: Error; readonly random: number }
  | { readonly type: 'probe succeeded' }
);

export type HealthEffect =
  | { readonly effect: 'pause' }
  | { readonly effect: 'probe'; readonly inMs: number }
  | { readonly effect: 'resume'; readonly afterMs: number }
  | { readonly effect: 'give up'; readonly error: Error };

export interface HealthStep {
  readonly state: HealthState;
  /** In this order. */
  readonly effects: readonly HealthEffect[];
}

export const NEVER_DOWN: HealthState = {
  state: 'up',
  sinceMs: Number.NEGATIVE_INFINITY,
  last: { sinceMs: 0, probes: 0 },
};

const BETWEEN_PROBES = { firstMs: 1_000, limitMs: 60_000 };
/** Trouble that comes back sooner is the same trouble: the probe sees less than the work does. */
const SOUND_MS = 60_000;

/**
 * Whether a target answers. `patienceMs`: of trouble, after which a one-shot run does not go on; infinity in a daemon.
 *
 * | state     | event                                   | next state | effects                                          |
 * | --------- | --------------------------------------- | ---------- | ------------------------------------------------ |
 * | up        | fault, up for longer than SOUND_MS      | down       | pause; probe after the shortest wait             |
 * | up        | fault, sooner, within the patience      | down       | pause; probe after a longer wait than the last   |
 * | up        | fault, sooner, the patience is over     | abandoned  | pause; give up                                   |
 * | down      | fault                                   | down       |                                                  |
 * | down      | probe failed, within the patience       | down       | probe after a longer wait than the last          |
 * | down      | probe failed, the patience is over      | abandoned  | give up                                          |
 * | down      | probe succeeded                         | up         | resume                                           |
 * | abandoned | fault                                   | abandoned  |                                                  |
 *
 * A provider that says when to come back is not probed before. No probe is under way while the target is up or abandoned.
 */
export function healthStep(state: HealthState, event: HealthEvent, patienceMs: number): HealthStep {
  switch (event.type) {
    case 'fault':
      return state.state === 'up' ? broken(state, event, patienceMs) : { state, effects: [] };
    case 'probe failed':
      return state.state === 'down'
        ? probeOrGiveUp({ ...state, trouble: event.error }, event, patienceMs)
        : { state, effects: [] };
    case 'probe succeeded': {
      if (state.state !== 'down') return { state, effects: [] };
      const { sinceMs, probes } = state;
      return {
        state: { state: 'up', sinceMs: event.atMs, last: { sinceMs, probes } },
        effects: [{ effect: 'resume', afterMs: event.atMs - sinceMs }],
      };
    }
  }
}

type Failure = Extract<HealthEvent, { error: Error }>;

function broken(
  { sinceMs, last }: Extract<HealthState, { state: 'up' }>,
  event: Failure,
  patienceMs: number,
): HealthStep {
  const isNew = event.atMs - sinceMs > SOUND_MS;
  const trouble = { ...(isNew ? { sinceMs: event.atMs, probes: 0 } : last), trouble: event.error };
  const { state, effects } = isNew
    ? probeAgain(trouble, event.random)
    : probeOrGiveUp(trouble, event, patienceMs);
  return { state, effects: [{ effect: 'pause' }, ...effects] };
}

function probeOrGiveUp(down: Down, { atMs, random }: Failure, patienceMs: number): HealthStep {
  if (atMs - down.sinceMs < patienceMs) return probeAgain(down, random);
  return {
    state: { ...down, state: 'abandoned' },
    effects: [{ effect: 'give up', error: down.trouble }],
  };
}

function probeAgain({ trouble, sinceMs, probes }: Down, random: number): HealthStep {
  const inMs = Math.max(askedToWait(trouble), backoffMs(probes + 1, BETWEEN_PROBES, random));
  return {
    state: { state: 'down', trouble, sinceMs, probes: probes + 1 },
    effects: [{ effect: 'probe', inMs }],
  };
}

/** Milliseconds. */
function askedToWait(error: Error): number {
  return error instanceof StorageError && typeof error.retry === 'object' ? error.retry.afterMs : 0;
}
