import { expect, test } from 'vitest';
import { createWorkMeter } from '../../src/notify/work-meter.js';
import type { MirrorStatus } from '../../src/sync/events.js';
import { daemonStatus, mirrorStatus } from '../status/statuses.js';

const isDue = (...mirrors: Partial<MirrorStatus>[]) =>
  createWorkMeter().progress(
    daemonStatus({ mirrors: mirrors.map((mirror) => mirrorStatus(mirror)) }),
  ).due;

const upload = (bytes: number, seconds: number) => ({
  job: 'upload_object' as const,
  name: 'a',
  bytes,
  seconds,
});
const GIB = 2 ** 30;

test('work is due while a mirror scans or has jobs that could run', () => {
  expect(isDue({ state: 'scanning' })).toBe(true);
  expect(isDue({ state: 'transferring', queued: 1 })).toBe(true);
  expect(isDue({}, { state: 'transferring', queued: 1 })).toBe(true);
});

test('waiting is not due: nothing to do, a retry, a target that is down, a source that is gone', () => {
  expect(isDue()).toBe(false);
  expect(isDue({ state: 'in-sync' })).toBe(false);
  expect(isDue({ state: 'transferring', queued: 3, retrying: 3 })).toBe(false);
  for (const state of [
    'starting',
    'target-down',
    'source-missing',
    'source-changed',
    'target-held',
  ] as const) {
    expect(isDue({ state, queued: 5, running: [upload(1, 1e6)] })).toBe(false);
  }
});

test('a large object on a slow line has its time, a small one that takes hours does not', () => {
  expect(isDue({ state: 'transferring', queued: 1, running: [upload(5 * GIB, 10 * 3600)] })).toBe(
    false,
  );
  expect(isDue({ state: 'transferring', queued: 1, running: [upload(10, 3600)] })).toBe(true);
  expect(
    isDue({ state: 'transferring', queued: 2, running: [upload(10, 3600), upload(10, 1)] }),
  ).toBe(false);
});

test('what sync does is a step; a hint, or a progress that says what it said before, is none', () => {
  const meter = createWorkMeter();
  const steps = () => meter.progress(daemonStatus()).steps;
  const progress = (scanned: number) =>
    meter.observe({
      mirror: 'documents',
      event: 'progress',
      progress: { scanned, jobsDue: 0, jobsDone: 0, bytesDue: 0, bytesDone: 0 },
    });

  const start = steps();
  meter.observe({ mirror: 'documents', event: 'hint', paths: 1, rescan: null });
  expect(steps()).toBe(start);
  progress(1);
  const moved = steps();
  expect(moved).not.toBe(start);
  progress(1);
  expect(steps()).toBe(moved);
  progress(2);
  expect(steps()).not.toBe(moved);
});
