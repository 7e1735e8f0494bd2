import { describe, expect, it } from 'vitest';
import type { Guarded } from '../../../src/state/object-index.js';
import type { GuardEvent, Moment } from '../../../src/sync/guard/guard-event.js';
import type { GuardFacts } from '../../../src/sync/guard/guard-facts.js';
import { type GuardStep, guardStep } from '../../../src/sync/guard/guard-step.js';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import { stateTableOf, type TableRow } from '../../state-table.js';

const RULE: GuardRule = { count: 5, share: 1, atLeast: 0, windowMs: 3_600_000 };
const AT: Moment = { nowMs: 1_000, passedMs: 0, objects: 100 };
const FOUND = { count: 3, digest: 'three' };
const MANY = { count: 9, digest: 'nine' };
const FIVE = [{ beganAgoMs: 0, deletes: 4, overwrites: 1 }];

const OPEN: GuardFacts = {
  recent: [],
  holding: undefined,
  extraneousHeld: undefined,
  extraneousApproved: undefined,
  extraneousRejected: undefined,
  verdict: 'none',
  runs: 0,
};
const HOLDING: GuardFacts = { ...OPEN, holding: { sinceMs: 5, why: 'too many' } };

type State = 'off' | 'open' | 'holding';
const STATES: readonly State[] = ['off', 'open', 'holding'];

const ask = (guarded?: Guarded): GuardEvent => ({
  type: 'asked',
  change: 'delete',
  extraneous: false,
  guarded,
  at: AT,
});
const together = (deletes: number): GuardEvent => ({ type: 'asked together', deletes, at: AT });
const askExtraneous: GuardEvent = { ...ask(), extraneous: true } as GuardEvent;
const run = (deletes: number, extraneous?: typeof FOUND): GuardEvent => ({
  type: 'run began',
  deletes,
  extraneous,
  at: AT,
});

/** One event on one guard: what was special about it, and what is different afterwards. */
interface Case {
  readonly special?: Partial<GuardFacts>;
  readonly event: GuardEvent;
  readonly changes?: Partial<GuardFacts>;
  readonly effects?: Omit<GuardStep, 'facts'>;
}

type Row = readonly [...TableRow, ...Case[]];

const holds = (why: string) => ({
  holding: { sinceMs: AT.nowMs, why: expect.stringContaining(why) },
});
const opens = { holding: undefined, extraneousHeld: undefined };
const saved = { save: true } as const;

const TABLE: readonly Row[] = [
  [
    'any',
    'delete of a rejected extraneous object',
    'same: held',
    { special: { verdict: 'stay' }, event: askExtraneous, effects: { answer: 'held' } },
  ],
  [
    'off',
    'any other change',
    'off: passes',
    { event: ask(), effects: { answer: 'free' } },
    { event: askExtraneous, effects: { answer: 'free' } },
    { special: { recent: FIVE }, event: ask('delete-held'), effects: { answer: 'free' } },
  ],
  [
    'open',
    'change that was approved',
    'open: passes',
    { special: { recent: FIVE }, event: ask('delete-approved'), effects: { answer: 'free' } },
  ],
  [
    'open',
    'delete of an approved extraneous object',
    'open: passes',
    {
      special: { recent: FIVE, verdict: 'pass' },
      event: askExtraneous,
      effects: { answer: 'free' },
    },
  ],
  [
    'open',
    'change whose record is held: the ledger was lost',
    'holding: saved, recounted, asked again',
    {
      event: ask('delete-held'),
      changes: holds('held before'),
      effects: { ...saved, answer: 'recount' },
    },
  ],
  [
    'open',
    'change within the limit',
    'open: saved, counts and passes',
    {
      event: ask(),
      changes: { recent: [{ beganAgoMs: 0, deletes: 1, overwrites: 0 }] },
      effects: { ...saved, answer: 'counted' },
    },
    {
      // An approval is for the change that was approved, and for no other.
      event: ask('overwrite-approved'),
      changes: { recent: [{ beganAgoMs: 0, deletes: 1, overwrites: 0 }] },
      effects: { ...saved, answer: 'counted' },
    },
  ],
  [
    'open',
    'change beyond the limit',
    'holding: saved, asked again',
    {
      special: { recent: FIVE },
      event: ask(),
      changes: holds('1 change that destroys something after 5'),
      effects: { ...saved, answer: 'again' },
    },
  ],
  [
    'holding',
    'change that was approved',
    'holding: passes',
    { event: ask('delete-approved'), effects: { answer: 'free' } },
  ],
  [
    'holding',
    'delete of an approved extraneous object',
    'holding: passes',
    { special: { verdict: 'pass' }, event: askExtraneous, effects: { answer: 'free' } },
  ],
  [
    'holding',
    'any other change',
    'holding: held',
    { event: ask(), effects: { answer: 'held' } },
    { event: ask('delete-held'), effects: { answer: 'held' } },
    { event: ask('overwrite-approved'), effects: { answer: 'held' } },
    { special: { verdict: 'new' }, event: askExtraneous, effects: { answer: 'held' } },
  ],
  [
    'off',
    'deletes together',
    'off: pass',
    { special: { recent: FIVE }, event: together(100), effects: { answer: 'free' } },
  ],
  [
    'open',
    'deletes together within the limit',
    'open: saved, count and pass',
    {
      special: { recent: [{ beganAgoMs: 0, deletes: 1, overwrites: 1 }] },
      event: together(3),
      changes: { recent: [{ beganAgoMs: 0, deletes: 4, overwrites: 1 }] },
      effects: { ...saved, answer: 'counted' },
    },
  ],
  [
    'open',
    'deletes together beyond the limit',
    'open: each asks for itself',
    { event: together(6), effects: { answer: 'each' } },
    { special: { recent: FIVE }, event: together(1), effects: { answer: 'each' } },
  ],
  [
    'holding',
    'deletes together',
    'holding: each asks for itself',
    { event: together(1), effects: { answer: 'each' } },
  ],
  [
    'any',
    'a counted change was not made',
    'same: saved, counts no more',
    {
      special: { recent: FIVE },
      event: { type: 'refunded', change: 'overwrite', amount: 1 },
      changes: { recent: [{ beganAgoMs: 0, deletes: 4, overwrites: 0 }] },
      effects: saved,
    },
    {
      special: { recent: FIVE },
      event: { type: 'refunded', change: 'delete', amount: 3 },
      changes: { recent: [{ beganAgoMs: 0, deletes: 1, overwrites: 1 }] },
      effects: saved,
    },
  ],
  [
    'off',
    'run with extraneous objects after a rejection',
    'off: they stay',
    {
      special: { extraneousRejected: MANY },
      event: run(100, FOUND),
      changes: { verdict: 'stay' },
    },
  ],
  [
    'off',
    'any other run',
    'off: they do not',
    { event: run(100, FOUND), changes: { verdict: 'none' } },
    {
      special: { verdict: 'stay', extraneousRejected: MANY },
      event: run(100, { count: 0, digest: '' }),
      changes: { verdict: 'none' },
    },
    { special: { verdict: 'stay', extraneousRejected: MANY }, event: run(100) },
  ],
  [
    'open',
    'run within the limit',
    'open: one run more',
    { event: run(5), changes: { runs: 1 } },
    { event: run(2, FOUND), changes: { runs: 1, verdict: 'new' } },
    {
      special: { extraneousApproved: FOUND },
      event: run(5, FOUND),
      changes: { runs: 1, verdict: 'pass' },
    },
    {
      special: { extraneousRejected: FOUND },
      event: run(5, FOUND),
      changes: { runs: 1, verdict: 'stay' },
    },
    // They are gone, and what was decided about them does not matter any more.
    {
      special: { extraneousApproved: FOUND, extraneousRejected: FOUND },
      event: run(5, { count: 0, digest: '' }),
      changes: { runs: 1, extraneousApproved: undefined, extraneousRejected: undefined },
    },
  ],
  [
    'open',
    'run beyond the limit',
    'holding: saved, one run more',
    { event: run(6), changes: { runs: 1, ...holds('6 changes') }, effects: saved },
    {
      special: { recent: FIVE },
      event: run(1),
      changes: { runs: 1, ...holds('1 change that destroys something after 5') },
      effects: saved,
    },
    {
      event: run(3, FOUND),
      changes: { runs: 1, verdict: 'new', extraneousHeld: FOUND, ...holds('6 changes') },
      effects: saved,
    },
  ],
  [
    'open',
    'run with extraneous objects, perhaps rejected',
    'holding: saved, one run more',
    {
      special: { extraneousRejected: MANY },
      event: run(0, FOUND),
      changes: {
        runs: 1,
        verdict: 'mixed',
        extraneousHeld: FOUND,
        ...holds('may have been rejected'),
      },
      effects: saved,
    },
  ],
  [
    'holding',
    'run that lists undecided extraneous objects',
    'holding: saved, these are held',
    {
      special: { extraneousHeld: MANY, extraneousApproved: MANY },
      event: run(0, FOUND),
      changes: { runs: 1, verdict: 'new', extraneousHeld: FOUND, extraneousApproved: undefined },
      effects: saved,
    },
  ],
  [
    'holding',
    'run that lists no undecided extraneous object',
    'holding: saved, none is held',
    {
      special: { extraneousHeld: MANY },
      event: run(9, { count: 0, digest: '' }),
      changes: { runs: 1, extraneousHeld: undefined },
      effects: saved,
    },
    {
      special: { extraneousHeld: MANY, extraneousRejected: FOUND },
      event: run(9, FOUND),
      changes: { runs: 1, verdict: 'stay', extraneousHeld: undefined },
      effects: saved,
    },
  ],
  [
    'holding',
    'run that does not list the container',
    'holding: one run more',
    { special: { extraneousHeld: MANY }, event: run(9), changes: { runs: 1 } },
  ],
  [
    'any',
    'a run ended',
    'same: one run less',
    { special: { runs: 2 }, event: { type: 'run ended' }, changes: { runs: 1 } },
  ],
  [
    'off',
    'settled, and it held when it had a rule',
    'off: saved',
    {
      special: HOLDING,
      event: { type: 'settled', held: 0 },
      changes: opens,
      effects: { ...saved, opened: expect.any(String) },
    },
  ],
  ['open', 'settled', 'open: nothing', { event: { type: 'settled', held: 0 } }],
  [
    'holding',
    'settled, nothing is held, and no run goes on',
    'open: saved',
    {
      event: { type: 'settled', held: 0 },
      changes: opens,
      effects: { ...saved, opened: 'nothing is held any more: the files are back' },
    },
  ],
  [
    'holding',
    'settled, anything is held or a run goes on',
    'holding: nothing',
    { event: { type: 'settled', held: 1 } },
    { special: { runs: 1 }, event: { type: 'settled', held: 0 } },
    { special: { extraneousHeld: FOUND }, event: { type: 'settled', held: 0 } },
  ],
  [
    'holding',
    'approved',
    'open: saved, earlier changes forgotten',
    {
      special: { recent: FIVE, extraneousApproved: MANY, extraneousRejected: MANY },
      event: { type: 'approved' },
      changes: { ...opens, recent: [] },
      effects: { ...saved, opened: 'what was held has been approved' },
    },
    {
      special: { extraneousHeld: FOUND, extraneousRejected: MANY },
      event: { type: 'approved' },
      changes: { ...opens, extraneousApproved: FOUND, extraneousRejected: undefined },
      effects: { ...saved, opened: expect.any(String) },
    },
  ],
  [
    'holding',
    'rejected',
    'open: saved, extraneous objects stay',
    {
      special: { recent: FIVE, extraneousRejected: MANY },
      event: { type: 'rejected' },
      changes: opens,
      effects: { ...saved, opened: 'what was held has been rejected: the objects are kept' },
    },
    {
      special: { verdict: 'new', extraneousHeld: FOUND },
      event: { type: 'rejected' },
      changes: { ...opens, verdict: 'stay', extraneousRejected: FOUND },
      effects: { ...saved, opened: expect.any(String) },
    },
  ],
  [
    'any',
    'rejections undone',
    'same: saved, extraneous objects judged',
    {
      special: { verdict: 'stay', extraneousRejected: FOUND },
      event: { type: 'rejections undone' },
      changes: { verdict: 'new', extraneousRejected: undefined },
      effects: saved,
    },
    { special: { verdict: 'pass' }, event: { type: 'rejections undone' } },
  ],
];

describe('P4', () => {
  it('guard: its table of states is the one that these tests go through', () => {
    expect(TABLE.map(([state, event, next]) => [state, event, next])).toEqual(
      stateTableOf('src/sync/guard/guard-step.ts'),
    );
  });

  it.each(
    TABLE.map(
      ([state, event, next, ...cases]) => [`${state}, ${event}: ${next}`, state, cases] as const,
    ),
  )('guard: %s', (_row, state, cases) => {
    for (const each of state === 'any' ? STATES : [state])
      for (const { special, event, changes, effects } of cases) {
        const before = { ...(each === 'holding' ? HOLDING : OPEN), ...special };
        const step = guardStep(before, event, each === 'off' ? undefined : RULE);
        expect(step).toEqual({ facts: { ...before, ...changes }, ...effects });
      }
  });
});
