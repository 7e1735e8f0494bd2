import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { ThrottledError } from '../../src/drivers/errors.js';
import { layered } from '../../src/drivers/layers/layer.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { silentLogger } from '../../src/log.js';
import { holdForAll } from '../../src/scale/hold-layer.js';
import { askLimits, keysOf, leaveLimits } from '../../src/scale/limit-script.js';
import { openSharedLimits, type SharedLimits } from '../../src/scale/shared-limits.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { bucketSuite } from '../drivers/layers/bucket-suite.js';
import { faulty } from '../fakes/faulty-backend.js';
import { isThere } from '../servers/installed.js';
import { eventually } from '../world/eventually.js';
import { startRedis } from './redis.js';

const never = NEVER_ABORTED;

type Redis = Awaited<ReturnType<typeof startRedis>>;

function open(redis: Redis, member: string, target = 't', log = silentLogger): SharedLimits {
  const limits = openSharedLimits({
    redis: redis.client(),
    scope: 'nas1',
    target,
    member,
    clock: systemClock,
    log,
  });
  onTestFinished(() => limits.close());
  return limits;
}

/** Takes from a bucket until `deadlineMs`, and returns how much. */
async function takeUntil(
  limits: SharedLimits,
  rate: number,
  amount: number,
  deadlineMs: number,
): Promise<number> {
  const bucket = limits.bucket('calls', () => rate);
  let sum = 0;
  while (systemClock.monotonic() < deadlineMs) {
    if (!bucket.tryTake(amount)) await bucket.take(amount, never);
    sum += amount;
  }
  return sum;
}

describe.skipIf(!isThere('redis-server'))('with a real Redis', () => {
  bucketSuite('shared bucket', async () => {
    const limits = open(await startRedis(), 'one');
    return {
      clock: systemClock,
      open: (perSecond) => limits.bucket('bytes', perSecond),
      until: (promise) => promise,
    };
  });

  test('shared limits: four processes together pass no more than the limit, and each a part of it', async () => {
    const redis = await startRedis();
    const all = ['a', 'b', 'c', 'd'].map((member) => open(redis, member));
    const sinceMs = systemClock.monotonic();
    const sums = await Promise.all(all.map((each) => takeUntil(each, 1_000, 1, sinceMs + 3_000)));
    const seconds = (systemClock.monotonic() - sinceMs) / 1_000;
    const total = sums.reduce((sum, each) => sum + each, 0);
    // What is saved, and a tenth of a second's worth that each process may have drawn without using it.
    expect(total).toBeLessThanOrEqual(1_000 * seconds + 200);
    for (const sum of sums) expect(sum).toBeGreaterThan(0);
  });

  test('shared limits: those of another target, or kind, are others', async () => {
    const redis = await startRedis();
    const one = open(redis, 'a').bucket('bytes', () => 1);
    await one.take(1_000_000, never);
    await open(redis, 'a', 'u')
      .bucket('bytes', () => 1)
      .take(5, never);
    await open(redis, 'b')
      .bucket('calls', () => 1)
      .take(5, never);
  });

  test('shared limits: a Retry-After of one process holds the calls of all', async () => {
    const redis = await startRedis();
    const [first, second] = [open(redis, 'a'), open(redis, 'b')];
    const storage = memoryBackend();
    await storage.createContainer('c', { signal: never });
    const { backend, faults } = faulty(storage);
    faults.next(
      'headContainer',
      new ThrottledError('slow down', { driver: 'memory', retry: { afterMs: 3_000 } }),
    );
    const throttled = layered(backend, [holdForAll(first, systemClock)]);
    const sinceMs = systemClock.monotonic();
    await expect(throttled.headContainer('c', { signal: never })).rejects.toThrow('slow down');
    expect(first.heldMs()).toBeGreaterThan(0);
    await eventually(() => expect(second.heldMs()).toBeGreaterThan(0));
    const other = layered(storage, [holdForAll(second, systemClock)]);
    await other.headContainer('c', { signal: never });
    expect(systemClock.monotonic() - sinceMs).toBeGreaterThanOrEqual(2_900);
  });

  test('shared limits: while Redis is away each process keeps to its share, and shares again afterwards', async () => {
    const redis = await startRedis();
    const events: string[] = [];
    const log = {
      ...silentLogger,
      warn: (event: string) => void events.push(event),
      info: (event: string) => void events.push(event),
    };
    const all = ['a', 'b', 'c', 'd'].map((member, at) =>
      open(redis, member, 't', at === 0 ? log : silentLogger),
    );
    const draw = () =>
      Promise.all(all.map((each) => each.bucket('calls', () => 1_000).take(1, never)));
    await draw();
    await draw(); // each has heard of the others by now
    await redis.stop();
    const sinceMs = systemClock.monotonic();
    const sums = await Promise.all(all.map((each) => takeUntil(each, 1_000, 1, sinceMs + 2_000)));
    const seconds = (systemClock.monotonic() - sinceMs) / 1_000;
    const total = sums.reduce((sum, each) => sum + each, 0);
    expect(total).toBeLessThanOrEqual(1_000 * seconds + 4 * 25 + 200);
    expect(total).toBeGreaterThan(0);
    expect(events).toEqual(['limits are not shared: Redis is away']);
    await redis.start();
    await eventually(() =>
      expect(events).toEqual(['limits are not shared: Redis is away', 'limits are shared again']),
    );
    await draw();
  });

  test('shared limits: a Redis that is frozen holds no process up for longer than a second', async () => {
    const redis = await startRedis();
    const limits = open(redis, 'a');
    const bucket = limits.bucket('calls', () => 10);
    await bucket.take(1, never);
    redis.freeze();
    for (let times = 0; times < 3; times += 1) await bucket.take(1, never);
    redis.thaw();
    await eventually(() => bucket.take(1, never));
  });

  test('shared limits: a process that fell silent keeps its share from the others, one that left does not', async () => {
    const client = (await startRedis()).client();
    const keys = keysOf('nas1', 't');
    const ask = (amount: number) =>
      askLimits(client, keys, 'a', {
        bucket: keys.bucketOf('calls'),
        perSecond: 1_000,
        amount,
        holdMs: 0,
      });
    expect(await ask(20_000)).toMatchObject({ drawn: true, members: 1 });
    expect((await ask(1)).waitMs).toBeLessThanOrEqual(20_000);
    const silent =
      "local now = redis.call('TIME')[1] * 1000\nreturn redis.call('ZADD', KEYS[1], now - 10000, 'b')";
    await client.eval(silent, [keys.members], []);
    const answer = await ask(1);
    expect(answer).toMatchObject({ drawn: false, members: 2 });
    // Half of the rate is left, and some of the debt is paid off by now.
    expect(answer.waitMs).toBeGreaterThan(20_000);
    await leaveLimits(client, keys, 'b');
    expect(await ask(1)).toMatchObject({ members: 1 });
  });

  test('shared limits: nothing is drawn while calls are held, and a shorter hold ends no longer one', async () => {
    const client = (await startRedis()).client();
    const keys = keysOf('nas1', 't');
    const ask = (member: string, amount: number, holdMs: number) =>
      askLimits(client, keys, member, {
        bucket: keys.bucketOf('calls'),
        perSecond: 1_000,
        amount,
        holdMs,
      });
    expect(await ask('a', 0, 60_000)).toMatchObject({ drawn: false, heldMs: 60_000 });
    const { drawn, waitMs, heldMs } = await ask('b', 1, 100);
    expect({ drawn, waits: waitMs > 10_000, held: heldMs > 10_000 }).toEqual({
      drawn: false,
      waits: true,
      held: true,
    });
  });

  test('shared limits: an answer that is none counts as no answer', async () => {
    const keys = keysOf('nas1', 't');
    const question = { bucket: keys.bucketOf('calls'), perSecond: 1, amount: 1, holdMs: 0 };
    for (const answer of [null, 'OK', [], [1, 0, 0], [1, 0, 0, 0], [1, -1, 0, 1], ['x', 0, 0, 1]]) {
      const redis = { eval: async () => answer };
      await expect(askLimits(redis, keys, 'a', question)).rejects.toThrow('no answer');
    }
  });
});
