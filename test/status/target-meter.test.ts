import { expect, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createTargetMeter } from '../../src/status/target-meter.js';
import type { CallEvent } from '../../src/telemetry/events.js';
import { createTelemetry } from '../../src/telemetry/telemetry.js';
import { fakeClock } from '../fakes/clock.js';
import { targetStatus } from './statuses.js';

const call = (different: Partial<CallEvent> = {}): CallEvent => ({
  event: 'call',
  target: 'vault',
  operation: 'putObject',
  ms: 3,
  bytes: null,
  error: null,
  ...different,
});

function rig() {
  const clock = fakeClock();
  const telemetry = createTelemetry(silentLogger);
  const meter = createTargetMeter(telemetry, clock);
  telemetry.emit({ event: 'call-limit', target: 'vault', calls: 16, most: 16 });
  return { clock, telemetry, meter };
}

test('target meter: shows the targets in the order in which they were opened', () => {
  const { telemetry, meter } = rig();
  telemetry.emit({ event: 'call-limit', target: 'another', calls: 4, most: 4 });
  expect(meter.status()).toEqual([
    targetStatus(),
    targetStatus({ target: 'another', atOnce: { now: 4, most: 4 } }),
  ]);
});

test('target meter: counts the calls, bytes and waits of the last minute, and the present limit', async () => {
  const { clock, telemetry, meter } = rig();
  telemetry.emit(call({ bytes: 100 }));
  telemetry.emit(call({ error: 'ObjectDoesNotExistError' }));
  telemetry.emit(call({ error: 'ThrottledError' }));
  telemetry.emit({ event: 'call-limit', target: 'vault', calls: 8, most: 16 });
  for (const ms of [200, 1_300]) telemetry.emit({ event: 'wait', target: 'vault', ms });
  const atOnce = { now: 8, most: 16 };
  const lastMinute = { calls: 3, failed: 2, throttled: 1, bytes: 100, waits: 2, waitSeconds: 1.5 };
  expect(meter.status()).toEqual([targetStatus({ atOnce, lastMinute })]);
  await clock.advance(60_000);
  expect(meter.status()).toEqual([targetStatus({ atOnce })]);
});

test('target meter: after its end no event has a listener', () => {
  const { telemetry, meter } = rig();
  expect(telemetry.wants('call')).toBe(true);
  meter.close();
  expect(telemetry.wants('call')).toBe(false);
});
