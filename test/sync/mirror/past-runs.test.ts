import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PastRun } from '../../../src/state/ledger.js';
import { withRead, withRun } from '../../../src/sync/mirror/past-runs.js';

const HOUR = 3_600_000;
/** 2026-10-13 00:00 in UTC. */
const DAY = Date.UTC(2026, 9, 13);

const read = (fromMs: number, objects = 1) => ({
  fromMs,
  toMs: fromMs + 60_000,
  objects,
  bytes: objects * 10,
  differences: 0,
});
const reconcile: PastRun = {
  kind: 'reconcile',
  startedAtMs: DAY,
  seconds: 1,
  objects: 3,
  bytes: 3,
  differences: 0,
};

it('makes one run of what is read back on one day, also with other runs in between', () => {
  const first = withRead([], read(DAY + HOUR, 2), 'UTC');
  const asked: PastRun = { ...reconcile, kind: 'read-back', asked: true };
  const later = withRead([...first, reconcile, asked], read(DAY + 5 * HOUR, 3), 'UTC');
  expect(later).toEqual([
    {
      kind: 'read-back',
      startedAtMs: DAY + HOUR,
      seconds: 4 * 3_600 + 60,
      objects: 5,
      bytes: 50,
      differences: 0,
    },
    reconcile,
    asked,
  ]);
  expect(withRead(later, read(DAY + 25 * HOUR), 'UTC')).toHaveLength(4);
});

it('begins a day where the zone has it', () => {
  const first = withRead([], read(DAY + 21 * HOUR), 'Europe/Berlin');
  expect(withRead(first, read(DAY + 23 * HOUR), 'Europe/Berlin')).toHaveLength(2);
  expect(withRead(first, read(DAY + 23 * HOUR), 'UTC')).toHaveLength(1);
});

it('notes nothing where nothing was read', () => {
  expect(withRead([reconcile], read(DAY, 0), 'UTC')).toEqual([reconcile]);
});

it('P7: keeps the latest runs, and no more than 60 of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), (amount) => {
      let runs: readonly PastRun[] = [];
      for (let at = 0; at < amount; at += 1)
        runs = withRun(runs, { ...reconcile, startedAtMs: DAY + at });
      expect(runs).toHaveLength(Math.min(60, amount));
      expect(runs.at(-1)?.startedAtMs).toBe(amount === 0 ? undefined : DAY + amount - 1);
    }),
  );
});
