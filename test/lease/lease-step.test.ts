import { expect, it } from 'vitest';
import { newDocument } from '../../src/lease/document.js';
import type { Held } from '../../src/lease/held.js';
import {
  type LeaseEvent,
  type LeaseState,
  leaseStep,
  mayWrite,
  newLeaseState,
} from '../../src/lease/lease-step.js';
import { stateTableOf, type TableRow } from '../state-table.js';
import { holder, PERIOD } from './rig.js';

const NOW = 1_000 * PERIOD;
const TRUST = 0.8 * PERIOD;
const clock = { monotonic: () => NOW, now: () => NOW };

function held(different: Partial<Held> = {}, renewsWhenUsed = false): Held {
  const of = { mirror: 'm', holder: holder('a'), fence: 3, periodMs: PERIOD };
  return {
    document: newDocument(renewsWhenUsed ? { ...of, renewsWhenUsed } : of, 0),
    version: { etag: 'e', versionId: undefined },
    monotonicMs: NOW,
    wallMs: NOW,
    ...different,
  };
}

const RECENT = held();
const IDLE = held({}, true);
const NEXT = held();
const WITH_WORKERS = held({ document: { ...RECENT.document, version: 2, workersTrustMs: 30 } });
const WORKERS_LEFT = { earlierTrustMs: 30, workersGoneAtMs: Number.POSITIVE_INFINITY };
const FREE = newLeaseState(false);
const HELD: LeaseState = { ...FREE, held: RECENT, fence: 3 };
const rival = { text: 'another', sinceMs: 5 };

/** One event on one lease: what was special about it, what is different afterwards, and whether a write may go out then. */
interface Case {
  readonly special?: Partial<LeaseState>;
  readonly event: LeaseEvent;
  readonly changes?: Partial<LeaseState>;
  readonly writes: boolean;
}

type Row = readonly [...TableRow, ...Case[]];

const asked: LeaseEvent = { type: 'write asked' };
const used = { used: true };
const due: LeaseEvent = { type: 'renewal due' };

const TABLE: readonly Row[] = [
  [
    'free',
    'rival read for the first time',
    'free: its silence begins',
    {
      event: { type: 'rival read', text: 'another', atMs: 5 },
      changes: { rival },
      writes: false,
    },
  ],
  [
    'free',
    'rival read, unchanged',
    'free: its silence goes on',
    {
      special: { rival },
      event: { type: 'rival read', text: 'another', atMs: 9 },
      writes: false,
    },
  ],
  [
    'free',
    'rival read, changed',
    'free: its silence begins again, it is alive',
    {
      special: { rival },
      event: { type: 'rival read', text: 'renewed', atMs: 9 },
      changes: { rival: { text: 'renewed', sinceMs: 9 }, rivalLives: true },
      writes: false,
    },
  ],
  [
    'free',
    'workers found',
    'free: they may write',
    {
      event: { type: 'workers found', trustMs: 30 },
      changes: { earlierTrustMs: 30, workersGoneAtMs: Number.POSITIVE_INFINITY },
      writes: false,
    },
    { event: { type: 'workers found', trustMs: 0 }, writes: false },
    // Those of a lease that was lost before count as long as they would.
    {
      special: { earlierTrustMs: 50 },
      event: { type: 'workers found', trustMs: 30 },
      changes: { workersGoneAtMs: Number.POSITIVE_INFINITY },
      writes: false,
    },
  ],
  [
    'free',
    'take sent',
    'free: ours, if it is what the next read finds',
    { event: { type: 'take sent', held: NEXT }, changes: { wanted: NEXT }, writes: false },
  ],
  [
    'free',
    'take overwrote',
    'free: to be read before it is taken',
    { event: { type: 'take overwrote' }, changes: { overwrote: true }, writes: false },
  ],
  [
    'free',
    'taken',
    'held: renewed regularly, no rival, no take-over',
    {
      special: {
        lost: 'before',
        skipped: true,
        rival,
        rivalLives: true,
        overwrote: true,
        takeOver: true,
      },
      event: { type: 'taken', held: NEXT, atMs: NOW },
      changes: {
        held: NEXT,
        fence: 3,
        lost: undefined,
        skipped: false,
        rival: undefined,
        overwrote: false,
        takeOver: false,
      },
      writes: true,
    },
  ],
  [
    'free',
    'taken, workers may write',
    'held: no write until they are gone',
    {
      special: { earlierTrustMs: 30, workersGoneAtMs: Number.POSITIVE_INFINITY },
      event: { type: 'taken', held: NEXT, atMs: NOW },
      changes: { held: NEXT, fence: 3, workersGoneAtMs: NOW + 45 },
      writes: false,
    },
  ],
  ['free', 'write asked', 'free: no write', { event: asked, changes: used, writes: false }],
  [
    'free',
    'renewed, after the end',
    'free: nothing',
    { event: { type: 'renewed', held: NEXT }, writes: false },
  ],
  [
    'held',
    'write asked, renewal recent by both clocks',
    'held: used, it goes out',
    { event: asked, changes: used, writes: true },
    {
      special: { held: held({ monotonicMs: NOW - TRUST + 1, wallMs: NOW - TRUST + 1 }) },
      event: asked,
      changes: used,
      writes: true,
    },
    // A clock that was set back: the monotonic one says how old the renewal is.
    { special: { held: held({ wallMs: NOW + 1 }) }, event: asked, changes: used, writes: true },
  ],
  [
    'held',
    'write asked, renewal old by one of the clocks',
    'held: used, renewed first',
    {
      special: { held: held({ monotonicMs: NOW - TRUST }) },
      event: asked,
      changes: used,
      writes: false,
    },
    {
      special: { held: held({ wallMs: NOW - TRUST }) },
      event: asked,
      changes: used,
      writes: false,
    },
  ],
  [
    'held',
    'write asked, last renewal skipped',
    'held: used, renewed first',
    { special: { skipped: true }, event: asked, changes: used, writes: false },
  ],
  [
    'held',
    'write asked, target full, lease read long ago',
    'held: used, read first',
    {
      special: { held: held({ onlySeen: true, monotonicMs: NOW - 10_000 }) },
      event: asked,
      changes: used,
      writes: false,
    },
  ],
  [
    'held',
    'renewal due',
    'held: renewed',
    { event: due, writes: true },
    {
      special: { held: IDLE, used: true, skipped: true },
      event: due,
      changes: { skipped: false },
      writes: true,
    },
  ],
  [
    'held',
    'renewal due, renews when used, not used',
    'held: skipped',
    { special: { held: IDLE }, event: due, changes: { skipped: true }, writes: false },
  ],
  [
    'held',
    'renewal sent',
    'held: not used',
    {
      special: { used: true },
      event: { type: 'renewal sent' },
      changes: { used: false },
      writes: true,
    },
  ],
  [
    'held',
    'renewed',
    'held: not skipped',
    {
      special: { held: IDLE, skipped: true, used: true },
      event: { type: 'renewed', held: NEXT },
      changes: { held: NEXT, skipped: false },
      writes: true,
    },
  ],
  [
    'held',
    'write asked, workers may write',
    'held: used, it waits for their end',
    { special: { workersGoneAtMs: NOW + 1 }, event: asked, changes: used, writes: false },
    { special: { workersGoneAtMs: NOW }, event: asked, changes: used, writes: true },
  ],
  [
    'held',
    'taken over',
    'free: lost, the rival is alive',
    {
      event: { type: 'taken over', why: 'by b' },
      changes: { held: undefined, lost: 'by b', rivalLives: true },
      writes: false,
    },
  ],
  [
    'held',
    'went back',
    'free: lost',
    {
      event: { type: 'went back', why: 'older' },
      changes: { held: undefined, lost: 'older' },
      writes: false,
    },
  ],
  [
    'held',
    'taken over or went back, with workers',
    'free: lost, our workers may still write',
    {
      special: { held: WITH_WORKERS },
      event: { type: 'taken over', why: 'by b' },
      changes: { held: undefined, lost: 'by b', rivalLives: true, ...WORKERS_LEFT },
      writes: false,
    },
    {
      special: { held: WITH_WORKERS },
      event: { type: 'went back', why: 'older' },
      changes: { held: undefined, lost: 'older', ...WORKERS_LEFT },
      writes: false,
    },
  ],
  [
    'held',
    'released',
    'free: not lost',
    { event: { type: 'released' }, changes: { held: undefined }, writes: false },
  ],
];

it('lease: its table of states is the one that these tests go through', () => {
  expect(TABLE.map(([state, event, next]) => [state, event, next])).toEqual(
    stateTableOf('src/lease/lease-step.ts'),
  );
});

it.each(
  TABLE.map(
    ([state, event, next, ...cases]) => [`${state}, ${event}: ${next}`, state, cases] as const,
  ),
)('lease: %s', (_row, state, cases) => {
  for (const { special, event, changes, writes } of cases) {
    const before = { ...(state === 'held' ? HELD : FREE), ...special };
    const after = leaseStep(before, event);
    expect(after).toEqual({ ...before, ...changes });
    expect(mayWrite(after, PERIOD, clock)).toBe(writes);
  }
});
