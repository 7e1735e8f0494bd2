import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThrottledError } from '../../../src/drivers/errors.js';
import {
  type HealthEvent,
  type HealthState,
  healthStep,
  NEVER_DOWN,
} from '../../../src/sync/work/health-step.js';

const MINUTE = 60_000;
const PATIENCE = 10 * MINUTE;
const first = new Error('first');
const next = new Error('next');
const comeBackIn = (afterMs: number) =>
  new ThrottledError('slow down', { driver: 'memory', retry: { afterMs } });

/** Down since minute 100, after three probes. */
const DOWN: HealthState = { state: 'down', trouble: first, sinceMs: 100 * MINUTE, probes: 3 };
const ABANDONED: HealthState = { ...DOWN, state: 'abandoned' };
/** Up again since minute 102. */
const UP: HealthState = {
  state: 'up',
  sinceMs: 102 * MINUTE,
  last: { sinceMs: 100 * MINUTE, probes: 3 },
};
const fault = (atMs: number, error = next): HealthEvent => ({
  type: 'fault',
  atMs,
  error,
  random: 0,
});
const failed = (atMs: number, error = next): HealthEvent => ({
  type: 'probe failed',
  atMs,
  error,
  random: 0,
});
const succeeded = (atMs: number): HealthEvent => ({ type: 'probe succeeded', atMs });

test.each<readonly [string, HealthState, HealthEvent, HealthState, readonly object[]]>([
  [
    'a first fault pauses, and is probed after the shortest wait',
    NEVER_DOWN,
    fault(7),
    { state: 'down', trouble: next, sinceMs: 7, probes: 1 },
    [{ effect: 'pause' }, { effect: 'probe', inMs: 500 }],
  ],
  [
    'a fault after more than a minute begins other trouble',
    UP,
    fault(103 * MINUTE + 1),
    { state: 'down', trouble: next, sinceMs: 103 * MINUTE + 1, probes: 1 },
    [{ effect: 'pause' }, { effect: 'probe', inMs: 500 }],
  ],
  [
    'a fault within a minute continues the trouble, with a longer wait',
    UP,
    fault(103 * MINUTE),
    { state: 'down', trouble: next, sinceMs: 100 * MINUTE, probes: 4 },
    [{ effect: 'pause' }, { effect: 'probe', inMs: 4_000 }],
  ],
  [
    'a fault within a minute of trouble that exceeds the patience pauses and gives up',
    { ...UP, sinceMs: 110 * MINUTE },
    fault(110 * MINUTE),
    { ...ABANDONED, trouble: next },
    [{ effect: 'pause' }, { effect: 'give up', error: next }],
  ],
  ['a fault of a target that is down changes nothing', DOWN, fault(101 * MINUTE), DOWN, []],
  [
    'a failed probe is repeated after a longer wait',
    DOWN,
    failed(101 * MINUTE),
    { ...DOWN, trouble: next, probes: 4 },
    [{ effect: 'probe', inMs: 4_000 }],
  ],
  [
    'a provider is not probed before the time that it asks for',
    DOWN,
    failed(101 * MINUTE, comeBackIn(MINUTE)),
    { ...DOWN, trouble: expect.any(ThrottledError), probes: 4 },
    [{ effect: 'probe', inMs: MINUTE }],
  ],
  [
    'a failed probe gives up when the patience is over',
    DOWN,
    failed(110 * MINUTE),
    { ...ABANDONED, trouble: next },
    [{ effect: 'give up', error: next }],
  ],
  [
    'a successful probe resumes',
    DOWN,
    succeeded(102 * MINUTE),
    UP,
    [{ effect: 'resume', afterMs: 2 * MINUTE }],
  ],
  ['a fault of an abandoned target changes nothing', ABANDONED, fault(111 * MINUTE), ABANDONED, []],
])('target health: %s', (_what, state, event, then, effects) => {
  expect(healthStep(state, event, PATIENCE)).toEqual({ state: then, effects });
});

test('target health: in no history is more than one probe under way, or a queue paused for nothing', () => {
  const event = fc.record({
    passedMs: fc.nat({ max: 3 * MINUTE }),
    type: fc.constantFrom('fault' as const, 'probe failed' as const, 'probe succeeded' as const),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(event), fc.constantFrom(PATIENCE, Infinity), (events, patienceMs) => {
      let state = NEVER_DOWN;
      let atMs = 0;
      let probes = 0;
      let paused = false;
      for (const { passedMs, ...each } of events) {
        if (each.type !== 'fault' && probes === 0) continue;
        atMs += passedMs;
        if (each.type !== 'fault') probes -= 1;
        const step = healthStep(state, { ...each, atMs, error: next }, patienceMs);
        for (const { effect } of step.effects) {
          if (effect === 'probe') probes += 1;
          if (effect === 'pause') expect(paused).toBe(false);
          if (effect === 'pause' || effect === 'resume') paused = effect === 'pause';
        }
        state = step.state;
        expect(probes).toBe(state.state === 'down' ? 1 : 0);
        expect(paused).toBe(state.state !== 'up');
        expect(state.state === 'abandoned' && patienceMs === Infinity).toBe(false);
      }
    }),
  );
});
