import { describe, expect, test } from 'vitest';
import {
  type HeartbeatCall,
  heartbeatStep,
  heartbeatUrl,
} from '../../src/alerts/heartbeat-step.js';
import type { HeartbeatSettings } from '../../src/config/notify.js';

const FORMS: readonly HeartbeatSettings['form'][] = ['plain', 'healthchecks', 'uptime-kuma'];
const URLS = {
  'hc-ping': new URL('https://hc-ping.com/a-b-c'),
  kuma: new URL('https://k/api/push/x?status=up&msg=OK&ping='),
};

describe('heartbeat', () => {
  test.each(FORMS)('%s: calls success after success only', (form) => {
    expect(heartbeatStep(undefined, { succeeded: true, failed: false }, form)).toBe('success');
    for (const before of ['success', 'fail', undefined] as const)
      for (const failed of [true, false])
        expect(heartbeatStep(before, { succeeded: false, failed }, form)).not.toBe('success');
    expect(heartbeatStep('success', { succeeded: true, failed: true }, form)).not.toBe('success');
  });

  test('calls fail once at Healthchecks, each time at Uptime Kuma, and never at a plain URL', () => {
    const failed = { succeeded: false, failed: true };
    const calls = (form: HeartbeatSettings['form']) =>
      (['success', 'fail'] as const).map((before) => heartbeatStep(before, failed, form));
    expect(calls('healthchecks')).toEqual(['fail', undefined]);
    expect(calls('uptime-kuma')).toEqual(['fail', 'fail']);
    expect(calls('plain')).toEqual([undefined, undefined]);
  });

  test('has the URLs of each form', () => {
    const urls = (url: URL, form: HeartbeatSettings['form']) =>
      (['start', 'success', 'fail'] as readonly HeartbeatCall[]).map(
        (call) => heartbeatUrl(url, form, call, 'a is held')?.href,
      );
    expect(urls(URLS['hc-ping'], 'plain')).toEqual([
      undefined,
      'https://hc-ping.com/a-b-c',
      undefined,
    ]);
    expect(urls(URLS['hc-ping'], 'healthchecks')).toEqual([
      'https://hc-ping.com/a-b-c/start',
      'https://hc-ping.com/a-b-c',
      'https://hc-ping.com/a-b-c/fail',
    ]);
    expect(urls(URLS.kuma, 'uptime-kuma')).toEqual([
      undefined,
      'https://k/api/push/x?status=up&msg=OK&ping=',
      'https://k/api/push/x?status=down&msg=a+is+held&ping=',
    ]);
  });
});
