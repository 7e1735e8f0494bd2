import { expect, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createWorkMeter } from '../../src/notify/work-meter.js';
import type { MirrorStatus } from '../../src/sync/events.js';
import { createTelemetry } from '../../src/telemetry/telemetry.js';
import { daemonStatus, mirrorStatus } from '../status/statuses.js';

const isDue = (...mirrors: Partial<MirrorStatus>[]) =>
  createWorkMeter(createTelemetry(silentLogger)).progress(
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
  expect(isDue({ state: 'behind', queued: 1 })).toBe(true);
  expect(isDue({ state: 'behind', scanning: true })).toBe(true);
});

test('waiting is not due: nothing to do, a retry, a target that is down, a source that is gone', () => {
  expect(isDue()).toBe(false);
  expect(isDue({ state: 'in-sync' })).toBe(false);
  expect(isDue({ state: 'transferring', queued: 3, retrying: 3 })).toBe(false);
  expect(isDue({ state: 'behind', queued: 3, retrying: 3 })).toBe(false);
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
  const telemetry = createTelemetry(silentLogger);
  const meter = createWorkMeter(telemetry);
  const steps = () => meter.progress(daemonStatus()).steps;
  const progress = (scanned: number) =>
    telemetry.emit({
      mirror: 'documents',
      event: 'progress',
      progress: { scanned, jobsDue: 0, jobsDone: 0, bytesDue: 0, bytesDone: 0 },
    });

  const start = steps();
  telemetry.emit({ mirror: 'documents', event: 'hint', paths: 1, rescan: null });
  expect(steps()).toBe(start);
  progress(1);
  const moved = steps();
  expect(moved).not.toBe(start);
  progress(1);
  expect(steps()).toBe(moved);
  progress(2);
  expect(steps()).not.toBe(moved);
});

test('a call to the target that ends is a step, and so is a wait for the limits of the configuration', () => {
  const telemetry = createTelemetry(silentLogger);
  const meter = createWorkMeter(telemetry);
  const steps = () => meter.progress(daemonStatus()).steps;
  const start = steps();
  telemetry.emit({ event: 'call-limit', target: 'nas', calls: 1, most: 2 });
  expect(steps()).toBe(start);
  const call = { operation: 'putObject', ms: 1, bytes: 1, error: null } as const;
  telemetry.emit({ event: 'call', target: 'nas', ...call });
  expect(steps()).toBe(start + 1);
  telemetry.emit({ event: 'wait', target: 'nas', ms: 1 });
  expect(steps()).toBe(start + 2);
});
