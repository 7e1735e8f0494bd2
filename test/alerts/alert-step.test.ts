import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AlertRule,
  type AlertState,
  alertStep,
  CALM_MS,
  type MessageKind,
  QUIET,
  unseenFor,
} from '../../src/alerts/alert-step.js';
import type { Seen } from '../../src/alerts/seen.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RULE: AlertRule = { afterMs: 15 * MINUTE, remindMs: DAY };

const seen = (kind: Seen['kind'], condition: string, lagSeconds: number | null = 0): Seen => ({
  kind,
  condition,
  why: '',
  lagSeconds,
});
const WELL = seen('well', 'in-sync');
const BUSY = seen('busy', 'transferring');
const DOWN = seen('wrong', 'target-down');
const FULL = seen('wrong', 'target-full');
const BEHIND = seen('wrong', 'behind', 9_999);

/** Goes through these steps, each so long after the one before. Returns the messages, each with the minute that it came in. */
function messagesOf(
  steps: readonly (readonly [minutes: number, seen: Seen])[],
  rule: AlertRule = RULE,
): readonly string[] {
  let state: AlertState = QUIET;
  let minute = 0;
  return steps.flatMap(([minutes, look]) => {
    minute += minutes;
    const step = alertStep(state, look, minutes * MINUTE, rule);
    state = step.state;
    return step.message === undefined
      ? []
      : [`${minute}: ${step.message.kind} ${step.message.condition}`];
  });
}

describe('alert step', () => {
  test('says nothing of what is over before `after` has passed', () => {
    expect(
      messagesOf([
        [0, DOWN],
        [10, DOWN],
        [4, WELL],
        [1, DOWN],
        [14, DOWN],
        [1, WELL],
      ]),
    ).toEqual([]);
  });

  test('says it once when it has lasted, and once that it is over', () => {
    expect(
      messagesOf([
        [0, DOWN],
        [14, DOWN],
        [1, DOWN],
        [60, DOWN],
        [60, WELL],
        [60, WELL],
      ]),
    ).toEqual(['15: alarm target-down', '135: recovery target-down']);
  });

  test('reminds once a day while it lasts', () => {
    const days = Array.from({ length: 49 }, () => [60, DOWN] as const);
    expect(messagesOf([[0, DOWN], [15, DOWN], ...days])).toEqual([
      '15: alarm target-down',
      `${15 + 24 * 60}: reminder target-down`,
      `${15 + 48 * 60}: reminder target-down`,
    ]);
    expect(messagesOf([[0, DOWN], [15, DOWN], ...days], { ...RULE, remindMs: 0 })).toHaveLength(1);
  });

  test('says that something else is wrong once that has lasted, too', () => {
    expect(
      messagesOf([
        [0, DOWN],
        [15, DOWN],
        [5, FULL],
        [5, DOWN],
        [5, FULL],
        [15, FULL],
        [1, WELL],
      ]),
    ).toEqual(['15: alarm target-down', '45: alarm target-full', '46: recovery target-full']);
  });

  test('takes short work between two troubles for no recovery, and long work for one', () => {
    const calm = CALM_MS / MINUTE;
    expect(
      messagesOf([
        [0, DOWN],
        [10, BUSY],
        [1, DOWN],
        [4, DOWN],
      ]),
    ).toEqual(['15: alarm target-down']);
    expect(
      messagesOf([
        [0, DOWN],
        [15, DOWN],
        [1, BUSY],
        [calm - 1, BUSY],
        [1, DOWN],
      ]),
    ).toEqual(['15: alarm target-down']);
    expect(
      messagesOf([
        [0, DOWN],
        [15, DOWN],
        [60, BUSY],
        [calm, BUSY],
        [1, BUSY],
      ]),
    ).toEqual(['15: alarm target-down', `${75 + calm}: recovery target-down`]);
  });

  test('does not take a mirror for no longer behind while its lag is not known', () => {
    const unknown = seen('busy', 'scanning', null);
    expect(
      messagesOf([
        [0, BEHIND],
        [15, BEHIND],
        [60, unknown],
        [60, unknown],
        [60, unknown],
      ]),
    ).toEqual(['15: alarm behind']);
  });

  test('does not take a paused mirror for one that has recovered', () => {
    const paused = seen('busy', 'paused');
    expect(
      messagesOf([
        [0, DOWN],
        [15, DOWN],
        [60, paused],
        [60, paused],
        [60, paused],
      ]),
    ).toEqual(['15: alarm target-down']);
  });

  test('reports at once where nothing has to last', () => {
    expect(
      messagesOf(
        [
          [0, DOWN],
          [60, DOWN],
          [60, WELL],
        ],
        { ...RULE, afterMs: 0 },
      ),
    ).toEqual(['0: alarm target-down', '120: recovery target-down']);
  });

  test('counts the time of a restart as time that it lasted, and not as work without it', () => {
    const pending = alertStep(QUIET, DOWN, 0, RULE).state;
    expect(alertStep(unseenFor(pending, 15 * MINUTE), DOWN, 0, RULE).message?.kind).toBe('alarm');
    const alarmed = alertStep(unseenFor(pending, HOUR), DOWN, 0, RULE).state;
    const busy = alertStep(alarmed, BUSY, 0, RULE).state;
    expect(alertStep(unseenFor(busy, HOUR), BUSY, 0, RULE).message).toBeUndefined();
    expect(unseenFor(JSON.parse(JSON.stringify(busy)) as AlertState, 0)).toEqual(
      unseenFor(busy, 0),
    );
  });
});

const anySeen = fc.constantFrom(WELL, BUSY, DOWN, FULL, BEHIND, seen('busy', 'scanning', null));
const anyStep = fc.record({
  seen: anySeen,
  elapsedMs: fc.oneof(
    fc.integer({ min: 0, max: 20 * MINUTE }),
    fc.integer({ min: 0, max: 2 * DAY }),
  ),
  /** The process is restarted before the step. */
  restarted: fc.boolean(),
});
const anyRule = fc.record({
  afterMs: fc.constantFrom(0, MINUTE, 15 * MINUTE),
  remindMs: fc.constantFrom(0, HOUR, DAY),
});

test('alert step: whatever is seen, an alarm is followed by one recovery, nothing is said twice, and reminders keep their distance', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), anyRule, (steps, rule) => {
      let state: AlertState = QUIET;
      /** The condition that was reported and is not over; undefined: none. */
      let open: string | undefined;
      let sinceMessageMs = 0;
      for (const { seen: look, elapsedMs, restarted } of steps) {
        sinceMessageMs += elapsedMs;
        const before: AlertState = restarted
          ? unseenFor(JSON.parse(JSON.stringify(state)) as AlertState, 0)
          : state;
        const step = alertStep(before, look, elapsedMs, rule);
        state = step.state;
        const { kind, condition } = step.message ?? {};
        const expected: Record<MessageKind, () => void> = {
          alarm() {
            expect(look.kind).toBe('wrong');
            expect(condition).not.toBe(open);
            open = condition;
          },
          reminder() {
            expect(condition).toBe(open);
            expect(rule.remindMs).toBeGreaterThan(0);
            expect(sinceMessageMs).toBeGreaterThanOrEqual(rule.remindMs);
          },
          recovery() {
            expect(condition).toBe(open);
            expect(look.kind).not.toBe('wrong');
            open = undefined;
          },
        };
        if (kind !== undefined) {
          expected[kind]();
          sinceMessageMs = 0;
        }
        if (look.kind === 'well') expect(open).toBeUndefined();
        expect(state.phase === 'alarmed').toBe(open !== undefined);
      }
    }),
  );
});
