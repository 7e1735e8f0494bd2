import { expect, test } from 'vitest';
import type { TargetConfig } from '../src/config/config.js';
import { ThrottledError } from '../src/drivers/errors.js';
import { layered } from '../src/drivers/layers/layer.js';
import { memoryBackend } from '../src/drivers/memory/backend.js';
import { silentLogger } from '../src/log.js';
import { NEVER_ABORTED } from '../src/signal.js';
import { targetLayers } from '../src/target-layers.js';
import type { TargetEvent } from '../src/telemetry/events.js';
import { createTelemetry } from '../src/telemetry/telemetry.js';
import { call, put } from './drivers/conformance/fixture.js';
import { fakeClock } from './fakes/clock.js';
import { faulty } from './fakes/faulty-backend.js';

const config = (different: Partial<TargetConfig> = {}): TargetConfig => ({
  name: 'nas',
  driver: 'memory',
  settings: undefined,
  concurrency: undefined,
  bandwidth: undefined,
  requestRate: undefined,
  multipartThreshold: 1,
  partSize: undefined,
  ...different,
});

async function rig(different: Partial<TargetConfig> = {}) {
  const clock = fakeClock();
  const telemetry = createTelemetry(silentLogger);
  const events: TargetEvent[] = [];
  telemetry.listen(['call', 'call-limit', 'wait'], (event) => events.push(event));
  const memory = memoryBackend();
  await memory.createContainer('c', call);
  const { backend: inner, faults } = faulty(memory);
  const parts = { clock, telemetry, random: () => 0 };
  const layers = targetLayers(parts, config(different), 4, NEVER_ABORTED);
  return { clock, events, faults, backend: layered(inner, layers) };
}

test('layers of a target: report each attempt of a call and each change of the limit to telemetry', async () => {
  const { backend, clock, events, faults } = await rig();
  const error = new ThrottledError('slow down', { driver: 'memory', retry: 'backoff' });
  faults.next('putObject', error);
  const putting = put(backend, { container: 'c', key: 'k' }, 'content');
  await clock.advance(10_000);
  await putting;
  const putObject = { event: 'call', target: 'nas', operation: 'putObject', ms: 0 };
  expect(events).toEqual([
    { event: 'call-limit', target: 'nas', calls: 4, most: 4 },
    { ...putObject, bytes: null, error: 'ThrottledError' },
    { event: 'call-limit', target: 'nas', calls: 2, most: 4 },
    { ...putObject, bytes: 7, error: null },
  ]);
});

test('layers of a target: report waits for the request rate, which are no part of the time of a call', async () => {
  const { backend, clock, events } = await rig({ requestRate: 1 });
  const heads = [1, 2].map(() => backend.headContainer('c', call));
  await clock.advance(1_000);
  await Promise.all(heads);
  const headContainer = { event: 'call', target: 'nas', operation: 'headContainer' };
  expect(events.slice(1)).toEqual([
    { ...headContainer, ms: 0, bytes: null, error: null },
    { event: 'wait', target: 'nas', ms: 1_000 },
    { ...headContainer, ms: 0, bytes: null, error: null },
  ]);
});
