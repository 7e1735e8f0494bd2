import { describe, expect, test } from 'vitest';
import { createDeliveries } from '../../src/alerts/deliveries.js';
import { DeliveryError } from '../../src/alerts/delivery-error.js';
import { notificationControl } from '../../src/alerts/notifications.js';
import type { ChannelConfig } from '../../src/config/notify.js';
import { Secret } from '../../src/config/secret.js';
import { fakeClock } from '../fakes/clock.js';

const secret = (literal: string) => new Secret({ literal }, { folder: '/', env: {} });
const URL_OF = 'https://user:PASSWORD@receiver.example.org/SECRET?token=SECRET';
const base = { timeout: 30_000, after: 900_000, remind: 0, states: ['held'] as const };
const CHANNELS: readonly ChannelConfig[] = [
  { ...base, states: ['held', 'behind'], name: 'hook', kind: 'webhook', url: secret(URL_OF) },
  { ...base, states: ['held'], name: 'post', kind: 'mail', to: ['a@b'], from: 'c@d' },
  { ...base, states: ['held'], name: 'own', kind: 'command', run: ['/opt/SECRET/alarm', 'SECRET'] },
  {
    ...{ ...base, states: ['held'], name: 'lost', kind: 'webhook' },
    url: new Secret({ env: 'MISSING' }, { folder: '/', env: {} }),
  },
];

function rig(post: (signal: AbortSignal) => Promise<void>) {
  const clock = fakeClock();
  const control = notificationControl({
    channels: CHANNELS,
    heartbeats: [
      {
        name: 'heartbeat',
        settings: { url: secret(URL_OF), form: 'plain', every: 60_000 },
        mirrors: ['a', 'b'],
      },
    ],
    deliveries: createDeliveries(clock),
    parts: { clock, env: {}, post: (_, signal) => post(signal) },
  });
  const row = (name: string) => control.list().find((one) => one.name === name);
  return { clock, control, row, signal: new AbortController().signal };
}

describe('notifications', () => {
  test('name what is sent, and of its receiver no more than the host or the program', () => {
    const { control, row } = rig(async () => {});
    expect(JSON.stringify(control.list())).not.toMatch(/SECRET|PASSWORD/);
    expect(row('hook')).toEqual({
      name: 'hook',
      kind: 'webhook',
      on: 'held, behind: after 15 min',
      to: 'receiver.example.org',
      canTest: true,
      lastMs: null,
      ok: null,
      detail: '',
    });
    expect(row('post')?.to).toBe('sendmail');
    expect(row('own')?.to).toBe('alarm');
    expect(row('lost')?.to).toBeNull();
    expect(row('heartbeat')).toMatchObject({
      on: 'after each success, at most every 1 min',
      canTest: false,
    });
  });

  test('a test says how it went, and the list has it afterwards', async () => {
    const answers = [new DeliveryError('receiver.example.org: answered 503'), undefined];
    const { control, row, signal, clock } = rig(async () => {
      const error = answers.shift();
      if (error !== undefined) throw error;
    });
    const failed = { ok: false, detail: 'receiver.example.org: answered 503' };
    expect(await control.test('hook', signal)).toEqual(failed);
    expect(row('hook')).toMatchObject({ ...failed, lastMs: clock.now() });
    expect(await control.test('hook', signal)).toMatchObject({ ok: true });
    expect(row('hook')).toMatchObject({ ok: true });
    expect(await control.test('lost', signal)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('MISSING'),
    });
    expect(await control.test('nothing', signal)).toBeUndefined();
  });

  test('a test ends although its receiver does not answer', async () => {
    const { control, clock, signal } = rig(
      (aborted) =>
        new Promise((_, reject) => {
          aborted.addEventListener('abort', () => reject(aborted.reason));
        }),
    );
    const testing = control.test('hook', signal);
    await clock.advance(8_000);
    expect(await testing).toEqual({ ok: false, detail: 'not delivered within 8 s' });
  });

  test('a heartbeat is not tested: it would say that all is well', async () => {
    const { control, signal } = rig(async () => {});
    await expect(control.test('heartbeat', signal)).rejects.toThrow('only after success');
  });
});
