import { expect, test } from 'vitest';
import type { PastRun } from '../../src/state/ledger.js';
import type { MirrorControl } from '../../src/status/mirror-control.js';
import { verifyAnswer } from '../../src/status/verify-answer.js';
import type { VerifyStatus } from '../../src/sync/verify-status.js';
import { mirrorStatus } from './statuses.js';

const DAY = 86_400_000;
const NOW = new Date(2026, 9, 13, 12).getTime();

const status: VerifyStatus = {
  withinSeconds: 30 * 86_400,
  bytesPerSecond: 1_000,
  proofs: {
    objects: 4,
    bytes: 100,
    verifiedObjects: 3,
    verifiedBytes: 80,
    neverVerified: 1,
    oldestProofMs: NOW - 40 * DAY,
    bytesByAge: { within7d: 50, within30d: 30, older: 15, never: 5 },
    oldestUnverified: { name: 'a', sentAtMs: 7 },
  },
  damaged: [],
  damagedObjects: 0,
  unreadable: 0,
  neededBytesPerSecond: null,
};

const run = (kind: PastRun['kind'], startedAtMs: number, over: Partial<PastRun> = {}): PastRun => ({
  kind,
  startedAtMs,
  seconds: 1,
  objects: 1,
  bytes: 10,
  differences: 0,
  ...over,
});

const answer = (verify: VerifyStatus | null, runs: readonly PastRun[] = []) =>
  verifyAnswer(
    {
      status: () => mirrorStatus({ verify }),
      askedVerify: { status: () => null },
      pastRuns: () => runs,
    } as unknown as MirrorControl,
    NOW,
  );

test('GET /verify: has the share of the bytes by the age of their proof', () => {
  const { share, oldest } = answer(status);
  expect(share).toEqual({ '7d': 0.5, '30d': 0.3, older: 0.15, never: 0.05 });
  expect(oldest).toEqual({ name: 'a', sentAtMs: 7 });
});

test('GET /verify: claims nothing about a mirror without bytes, or that was not looked at', () => {
  const empty = { within7d: 0, within30d: 0, older: 0, never: 0 };
  const nothing = { ...status, proofs: status.proofs && { ...status.proofs, bytesByAge: empty } };
  expect(answer(nothing).share).toBe(null);
  expect(answer({ ...status, proofs: null })).toMatchObject({ share: null, oldest: null });
  expect(answer(null)).toMatchObject({ on: false, share: null, budget: null, runs: [] });
});

test('GET /verify: the runs of before come latest first, and those of today count as read today', () => {
  const runs = [
    run('read-back', NOW - 2 * DAY, { bytes: 1_000 }),
    run('reconcile', NOW - 2_000, { bytes: 500 }),
    run('read-back', NOW - 1_000, { asked: true, bytes: 300 }),
    run('read-back', NOW - 500, { bytes: 40 }),
  ];
  const found = answer(status, runs);
  expect(found.runs.map(({ kind, asked }) => `${kind} ${asked}`)).toEqual([
    'read-back false',
    'read-back true',
    'reconcile false',
    'read-back false',
  ]);
  expect(found.budget).toEqual({ bytesPerSecond: 1_000, readTodayBytes: 40 });
});
