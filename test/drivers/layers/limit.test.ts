import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { Call, ObjectInfo } from '../../../src/drivers/call.js';
import { ThrottledError } from '../../../src/drivers/errors.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { limit } from '../../../src/drivers/layers/limit.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { fakeClock } from '../../fakes/clock.js';
import { call, rejection } from '../conformance/fixture.js';

const ref = { container: 'c', key: 'k' };
const info: ObjectInfo = { ...ref, size: 0, checksums: [], metaData: {}, extra: {} };
const throttled = (afterMs?: number) =>
  new ThrottledError('slow down', {
    driver: 'memory',
    retry: afterMs === undefined ? 'backoff' : { afterMs },
  });

/** A backend whose calls of headObject end when the test says so. */
function rig(concurrency: number) {
  const clock = fakeClock();
  const limits: number[] = [];
  const running: { resolve(): void; reject(error: Error): void }[] = [];
  const inner: Backend = {
    ...memoryBackend(),
    headObject: () =>
      new Promise<ObjectInfo>((resolve, reject) => {
        running.push({ resolve: () => resolve(info), reject });
      }),
  };
  const backend = layered(inner, [
    limit({ clock, concurrency, onLimit: (now) => limits.push(now) }),
  ]);
  const outcomes: string[] = [];
  const start = (count: number, given: Call = call) => {
    for (let i = 0; i < count; i += 1) {
      void backend.headObject(ref, given).then(
        () => outcomes.push('done'),
        (error: Error) => outcomes.push(error.message),
      );
    }
    return clock.advance(0);
  };
  const end = async (count: number, error?: Error) => {
    for (const call of running.splice(0, count))
      error === undefined ? call.resolve() : call.reject(error);
    await clock.advance(0);
  };
  return { backend, clock, limits, running, outcomes, start, end };
}

test('no more calls are under way than allowed, and those that wait come in order', async () => {
  const { running, start, end, outcomes } = rig(3);
  await start(10);
  expect(running).toHaveLength(3);
  await end(2);
  expect(running).toHaveLength(3);
  for (let i = 0; i < 10; i += 1) await end(3);
  expect(outcomes).toEqual(Array(10).fill('done'));
});

test('a call that fails gives its place back', async () => {
  const { running, start, end } = rig(1);
  await start(2);
  await end(1, new Error('trouble'));
  expect(running).toHaveLength(1);
});

test('a call that is aborted while it waits never reaches the provider', async () => {
  const { running, start, end, outcomes } = rig(1);
  const stop = new AbortController();
  await start(1);
  await start(1, { signal: stop.signal });
  await start(1);
  stop.abort(new Error('enough'));
  await end(1);
  expect(outcomes.toSorted()).toEqual(['done', 'enough']);
  expect(running).toHaveLength(1);
  const { backend } = rig(1);
  expect(
    (await rejection(backend.headObject(ref, { signal: AbortSignal.abort(new Error('before')) })))
      .message,
  ).toBe('before');
});

test('throttled calls of one time halve the limit once, down to one', async () => {
  const { start, end, limits, running } = rig(16);
  await start(16);
  await end(16, throttled());
  expect(limits).toEqual([8]);
  await start(100);
  expect(running).toHaveLength(8);
  for (const next of [4, 2, 1]) {
    await end(running.length, throttled());
    expect(limits.at(-1)).toBe(next);
    expect(running).toHaveLength(next);
  }
  await end(1, throttled());
  expect(running).toHaveLength(1);
});

test('calls that go well bring the limit back, one a round, and never above what is allowed', async () => {
  const { start, end, limits } = rig(4);
  await start(1);
  await end(1, throttled());
  expect(limits).toEqual([2]);
  await start(100);
  for (let calls = 0; calls < 50; calls += 1) await end(1);
  expect(limits).toEqual([2, 3, 4]);
});

test('Retry-After of one call holds back all others for that long', async () => {
  const { start, end, running, clock } = rig(4);
  await start(1);
  await end(1, throttled(5000));
  await start(3);
  await clock.advance(4999);
  expect(running).toHaveLength(0);
  await clock.advance(1);
  expect(running).toHaveLength(2);
});

test('a call that is aborted in such a pause gives its place back', async () => {
  const { start, end, running, clock, outcomes } = rig(2);
  await start(1);
  await end(1, throttled(5000));
  const stop = new AbortController();
  await start(1, { signal: stop.signal });
  await start(1);
  stop.abort(new Error('enough'));
  await clock.advance(5000);
  expect(outcomes).toEqual(['slow down', 'enough']);
  expect(running).toHaveLength(1);
});

test('fewer pages of a listing are asked for at once while fewer calls are allowed', async () => {
  let error: Error | undefined = throttled();
  const memory = memoryBackend();
  const headObject = async () => {
    if (error !== undefined) throw error;
    return info;
  };
  const layers = [limit({ clock: fakeClock(), concurrency: 4 })];
  const capabilities = { ...memory.capabilities, pagesAtOnce: () => 100 };
  const backend = layered({ ...memory, capabilities, headObject }, layers);
  const { pagesAtOnce } = backend.capabilities;
  expect(pagesAtOnce()).toBe(4);
  for (const allowed of [2, 1]) {
    await rejection(backend.headObject(ref, call));
    expect(pagesAtOnce()).toBe(allowed);
  }
  error = undefined;
  for (let i = 0; i < 9; i += 1) await backend.headObject(ref, call);
  expect(pagesAtOnce()).toBe(4);
  expect(layered(memory, layers).capabilities.pagesAtOnce()).toBe(1);
});
