import { expect, test } from 'vitest';
import { watchdogMs } from '../../src/notify/env.js';

test('the watchdog is ours when it names our pid or none', () => {
  expect(watchdogMs({ WATCHDOG_USEC: '30000000' }, 7)).toBe(30_000);
  expect(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7)).toBe(30_000);
  expect(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7)).toBeUndefined();
});

test('no interval, or none that can be read, is no watchdog', () => {
  for (const WATCHDOG_USEC of [undefined, '', '0', '-5', 'soon', 'Infinity'])
    expect(watchdogMs({ WATCHDOG_USEC }, 7)).toBeUndefined();
});
