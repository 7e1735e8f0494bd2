import { expect, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { SYNC_EVENTS, type TelemetryEvent } from '../../src/telemetry/events.js';
import { createTelemetry } from '../../src/telemetry/telemetry.js';

const wait = (ms: number): TelemetryEvent => ({ event: 'wait', target: 'nas', ms });

test('telemetry: gives each event to the listeners of its name, in order, until they end that', () => {
  const telemetry = createTelemetry(silentLogger);
  const waits: number[] = [];
  const all: string[] = [];
  const end = telemetry.listen(['wait'], ({ ms }) => waits.push(ms));
  telemetry.listen(['wait', 'guard'], ({ event }) => all.push(event));
  telemetry.emit(wait(1));
  telemetry.emit({ mirror: 'm', event: 'guard', holding: true, why: '' });
  telemetry.emit({ event: 'call-limit', target: 'nas', calls: 1, most: 2 });
  end();
  telemetry.emit(wait(2));
  expect(waits).toEqual([1]);
  expect(all).toEqual(['wait', 'guard', 'wait']);
});

test('telemetry: says which events have a listener, so that no others need be made', () => {
  const telemetry = createTelemetry(silentLogger);
  const ends = [telemetry.listen(['call'], () => {}), telemetry.listen(['call'], () => {})];
  expect(telemetry.wants('call')).toBe(true);
  expect(telemetry.wants('wait')).toBe(false);
  ends[0]?.();
  expect(telemetry.wants('call')).toBe(true);
  ends[1]?.();
  expect(telemetry.wants('call')).toBe(false);
});

test('telemetry: a listener that throws is logged once, and neither the caller nor other listeners notice', () => {
  const logged: unknown[] = [];
  const telemetry = createTelemetry({ error: (event, fields) => logged.push([event, fields]) });
  const error = new Error('the disk of the metrics is full');
  const waits: number[] = [];
  telemetry.listen(['wait'], () => {
    throw error;
  });
  telemetry.listen(['wait'], ({ ms }) => waits.push(ms));
  telemetry.emit(wait(1));
  telemetry.emit(wait(2));
  expect(waits).toEqual([1, 2]);
  expect(logged).toEqual([['telemetry listener failed', { name: 'wait', error }]]);
});

test('telemetry: the names of the events of sync have no twin, and none of a target', () => {
  expect(new Set(SYNC_EVENTS).size).toBe(SYNC_EVENTS.length);
  expect(SYNC_EVENTS).not.toContain('call');
});
