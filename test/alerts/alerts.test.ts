import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Alerts, openAlerts } from '../../src/alerts/alerts.js';
import { createDeliveries } from '../../src/alerts/deliveries.js';
import { DeliveryError } from '../../src/alerts/delivery-error.js';
import type { PostRequest } from '../../src/alerts/post.js';
import { seenStatusOf } from '../../src/alerts/seen.js';
import type { ChannelConfig } from '../../src/config/notify.js';
import { Secret } from '../../src/config/secret.js';
import type { MirrorState } from '../../src/sync/events.js';
import { type FakeClock, fakeClock } from '../fakes/clock.js';
import { mirrorStatus } from '../status/statuses.js';
import { temporaryFolder } from '../world/folder.js';

const MINUTE = 60_000;

const CHANNEL: ChannelConfig = {
  name: 'hook',
  kind: 'webhook',
  url: new Secret({ literal: 'https://receiver.example.org/secret' }, { folder: '/', env: {} }),
  timeout: 30_000,
  after: 15 * MINUTE,
  remind: 0,
  states: ['target-down', 'held'],
};

/** A receiver that takes messages, or not, and the processes that send to it, one after the other. */
function rig(channel: Partial<ChannelConfig> = {}) {
  const stateFolder = temporaryFolder('alerts');
  const clock: FakeClock = fakeClock();
  const sent: string[] = [];
  const logged: string[] = [];
  const ids = new Set<unknown>();
  const receiver = { answers: true };
  const post = async ({ body }: PostRequest) => {
    if (!receiver.answers) throw new DeliveryError('receiver.example.org: answered 503');
    const { kind, condition, id } = body as Record<string, unknown>;
    ids.add(id);
    sent.push(`${String(kind)} ${String(condition)}`);
  };
  const log = (event: string) => void logged.push(event);
  const deliveries = createDeliveries(clock);
  const logger = { error: log, warn: log, info: log, debug: log, debugEnabled: false };

  async function start(atOnce = false) {
    const stop = new AbortController();
    const alerts: Alerts = await openAlerts({
      channels: [{ ...CHANNEL, ...channel }],
      mirrors: ['documents'],
      stateFolder,
      atOnce,
      parts: { clock, log: logger, env: {}, random: () => 0, post, deliveries },
    });
    const delivering = alerts.deliver(stop.signal);
    // What is being written is on the disk before the next process reads it.
    const kill = () => {
      stop.abort(new Error('killed'));
      return delivering;
    };
    onTestFinished(kill);
    return {
      kill,
      async see(state: MirrorState, minutes = 0) {
        await clock.advance(minutes * MINUTE);
        await alerts.observe([seenStatusOf(mirrorStatus({ state, lagSeconds: null }))]);
        await clock.advance(0);
      },
    };
  }
  return {
    start,
    clock,
    sent,
    logged,
    ids,
    receiver,
    deliveries,
    file: join(stateFolder, 'alerts.json'),
  };
}

describe('alerts', () => {
  test('a process that is killed while a state has not lasted long enough: the next one counts on', async () => {
    const { start, sent, clock } = rig();
    const first = await start();
    await first.see('target-down');
    await first.see('target-down', 10);
    await first.kill();
    await clock.advance(5 * MINUTE);
    const second = await start();
    await second.see('starting');
    await second.see('target-down', 1);
    expect(sent).toEqual(['alarm target-down']);
  });

  test('a restart after an alarm neither repeats it nor forgets its recovery', async () => {
    const { start, sent, ids } = rig();
    const first = await start();
    await first.see('target-down');
    await first.see('target-down', 15);
    expect(sent).toEqual(['alarm target-down']);
    await first.kill();
    const second = await start();
    await second.see('starting');
    await second.see('target-down', 60);
    expect(sent).toEqual(['alarm target-down']);
    await second.kill();
    const third = await start();
    await third.see('in-sync', 60);
    await third.see('in-sync', 60);
    expect(sent).toEqual(['alarm target-down', 'recovery target-down']);
    expect(ids.size).toBe(2);
  });

  test('a message that no receiver takes is kept, tried again, and sent by the next process', async () => {
    const { start, sent, logged, receiver, clock, file, deliveries } = rig();
    receiver.answers = false;
    const first = await start();
    await first.see('target-down');
    await first.see('target-down', 15);
    await clock.advance(60 * MINUTE);
    expect(deliveries.last('hook')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('503'),
    });
    expect(logged.filter((event) => event === 'notification failed')).toHaveLength(1);
    await first.kill();
    expect(readFileSync(file, 'utf8')).not.toContain('receiver.example.org');
    const second = await start();
    receiver.answers = true;
    await clock.advance(60 * MINUTE);
    await second.see('in-sync', 0);
    expect(deliveries.last('hook')).toMatchObject({ ok: true });
    expect(sent).toEqual(['alarm target-down', 'recovery target-down']);
    await second.kill();
    await (await start()).see('in-sync', 60);
    expect(sent).toHaveLength(2);
  });

  test('a message that could not be delivered for a day is dropped, with an error in the log', async () => {
    const { start, sent, logged, receiver, clock } = rig();
    receiver.answers = false;
    const first = await start();
    await first.see('target-down');
    await first.see('target-down', 15);
    await clock.advance(25 * 60 * MINUTE);
    receiver.answers = true;
    await clock.advance(60 * MINUTE);
    expect(sent).toEqual([]);
    expect(logged).toContain('notification dropped');
  });

  test('a damaged file of the alerts stops nothing', async () => {
    const { start, sent, logged, file } = rig({ after: 0 });
    for (const text of [
      '{"version":1,',
      '{"version":9}',
      '{"version":1,"savedAtMs":1,"channels":{"hook":{"mirrors":{"documents":{"phase":"odd"}},"waiting":[]}}}',
    ]) {
      writeFileSync(file, text);
      const process = await start();
      await process.see('target-down');
      await process.kill();
    }
    expect(logged.filter((event) => event === 'alert state not read')).toHaveLength(3);
    expect(sent).toEqual(Array.from({ length: 3 }, () => 'alarm target-down'));
  });

  test('a one-shot run reports at once, and the next one that succeeds says that it is over', async () => {
    const { start, sent } = rig();
    const first = await start(true);
    await first.see('target-down');
    await first.kill();
    const second = await start(true);
    await second.see('target-down', 60);
    await second.kill();
    await (await start(true)).see('in-sync', 60);
    expect(sent).toEqual(['alarm target-down', 'recovery target-down']);
  });

  test('says nothing of states and mirrors that are not in its lists', async () => {
    const { start, sent } = rig({ after: 0, states: ['held'], mirrors: ['documents'] });
    await (await start()).see('target-down');
    const other = rig({ after: 0, mirrors: ['photos'] });
    await (await other.start()).see('target-down');
    expect([sent, other.sent]).toEqual([[], []]);
  });
});
