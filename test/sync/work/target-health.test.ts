import { expect, test } from 'vitest';
import { TargetUnavailableError } from '../../../src/drivers/errors.js';
import { silentLogger } from '../../../src/log.js';
import { watchHealth } from '../../../src/sync/work/target-health.js';
import { fakeClock } from '../../fakes/clock.js';

const HOUR = 3_600_000;
const down = (afterMs?: number) =>
  new TargetUnavailableError('down', {
    driver: 'memory',
    retry: afterMs === undefined ? 'backoff' : { afterMs },
  });

function rig(patienceMs = Number.POSITIVE_INFINITY) {
  const clock = fakeClock();
  const stop = new AbortController();
  const probes: number[] = [];
  const queue: string[] = [];
  const gaveUp: Error[] = [];
  const target = { trouble: down() as Error | undefined };
  const health = watchHealth({
    target: 't',
    probe: async () => {
      probes.push(clock.monotonic());
      if (target.trouble) throw target.trouble;
    },
    queue: { pause: () => queue.push('pause'), resume: () => queue.push('resume') },
    clock,
    log: silentLogger,
    random: () => 0,
    signal: stop.signal,
    patienceMs,
    giveUp: (error) => gaveUp.push(error),
  });
  return { clock, stop, probes, queue, gaveUp, target, health };
}

test('target health: a night without network costs one pause and few probes, and ends within a minute', async () => {
  const { clock, probes, queue, target, health } = rig();
  for (let jobs = 0; jobs < 100; jobs += 1) health.report(down());
  await clock.advance(8 * HOUR);
  expect(queue).toEqual(['pause']);
  expect(health.trouble).toBeInstanceOf(TargetUnavailableError);
  expect(probes.length).toBeGreaterThan(8 * 60);
  expect(probes.length).toBeLessThan(8 * 60 * 2 + 10);
  target.trouble = undefined;
  const up = health.whenUp(new AbortController().signal);
  await clock.advance(60_000);
  await up;
  expect(queue).toEqual(['pause', 'resume']);
  expect(health.trouble).toBeUndefined();
});

test('target health: a provider that says when to come back is not probed before', async () => {
  const { clock, probes, target, health } = rig();
  health.report(down(600_000));
  await clock.advance(599_999);
  expect(probes).toEqual([]);
  target.trouble = down(1_800_000);
  await clock.advance(1);
  expect(probes).toEqual([600_000]);
  target.trouble = undefined;
  await clock.advance(1_799_999);
  expect(probes).toHaveLength(1);
  await clock.advance(1);
  expect(health.trouble).toBeUndefined();
});

test('target health: work that fails whenever a probe has succeeded is resumed increasingly seldom', async () => {
  const { clock, probes, target, health } = rig();
  target.trouble = undefined;
  for (let minute = 0; minute < 60; minute += 1) {
    health.report(down());
    await clock.advance(60_000);
  }
  const waits = probes.map((at) => at % 60_000);
  expect(waits.slice(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  expect(waits.slice(7)).toEqual(Array.from({ length: 53 }, () => 30_000));
  // A minute and more of soundness begins again: the next probe comes after half a second.
  await clock.advance(HOUR);
  health.report(down());
  await clock.advance(500);
  expect(health.trouble).toBeUndefined();
});

test('target health: the wait before a probe grows while trouble returns at once', async () => {
  const { clock, probes, target, health } = rig();
  target.trouble = undefined;
  for (let times = 0; times < 7; times += 1) {
    health.report(down());
    while (health.trouble) await clock.advance(100);
  }
  const gaps = probes.map((at, n) => at - (probes[n - 1] ?? 0));
  expect(gaps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
});

test('target health: a one-shot run gives up after its patience, also on trouble that comes and goes', async () => {
  const steady = rig(60_000);
  steady.health.report(down());
  await steady.clock.advance(120_000);
  expect(steady.gaveUp).toHaveLength(1);

  const flapping = rig(60_000);
  flapping.target.trouble = undefined;
  for (let times = 0; times < 20 && flapping.gaveUp.length === 0; times += 1) {
    flapping.health.report(down());
    await flapping.clock.advance(30_000);
  }
  expect(flapping.gaveUp).toHaveLength(1);
});

test('target health: a caller that waits for the target is rejected when its own signal is aborted', async () => {
  const { health } = rig();
  health.report(down());
  const stop = new AbortController();
  const waiting = health.whenUp(stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('target health: the patience begins with the trouble', async () => {
  const { clock, health, gaveUp } = rig(60_000);
  await clock.advance(HOUR);
  health.report(down());
  await clock.advance(59_000);
  expect(gaveUp).toEqual([]);
  await clock.advance(61_000);
  expect(gaveUp).toHaveLength(1);
});

test('target health: no probe is sent after the mirrors of the target have ended', async () => {
  const { clock, stop, probes, queue, health } = rig();
  health.report(down());
  await clock.advance(60_000);
  const before = probes.length;
  stop.abort(new Error('the end'));
  await clock.advance(HOUR);
  expect(probes).toHaveLength(before);
  expect(queue).toEqual(['pause']);
});
