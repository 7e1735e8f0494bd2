import { createHook } from 'node:async_hooks';
import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import type { PutOutcome, QuickPut } from '../../../src/drivers/capabilities.js';
import { ObjectError, ThrottledError } from '../../../src/drivers/errors.js';
import { type Layer, layered } from '../../../src/drivers/layers/layer.js';
import { limit } from '../../../src/drivers/layers/limit.js';
import { type Measurement, measure } from '../../../src/drivers/layers/measure.js';
import { retry } from '../../../src/drivers/layers/retry.js';
import { throttle } from '../../../src/drivers/layers/throttle.js';
import { untilDrained } from '../../../src/drivers/layers/until-drained.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { OPEN_PASSAGE } from '../../../src/drivers/passage.js';
import { createPutRun } from '../../../src/drivers/put-run.js';
import type { GetOutcome } from '../../../src/drivers/quick-get.js';
import { createQuickRun } from '../../../src/drivers/quick-run.js';
import { LeaseLostError } from '../../../src/lease/errors.js';
import { fence } from '../../../src/lease/fence.js';
import { NEVER_ABORTED } from '../../../src/signal.js';
import { fakeClock } from '../../fakes/clock.js';
import { withQuickPut } from '../../fakes/quick-put.js';
import { call, plain } from '../conformance/fixture.js';

const driver = { driver: 'memory' } as const;
const info: ObjectInfo = {
  container: 'c',
  key: 'k',
  size: 1,
  checksums: [{ algorithm: 'md5', hex: 'm' }],
  metaData: {},
  extra: { etag: 'e' },
};
const stored: PutOutcome = { stored: { md5: 'm', etag: 'e' } };

/** Puts many objects of one byte through layers; each put ends when the test says so. */
function rig(layersBy: (clock: ReturnType<typeof fakeClock>) => readonly Layer[]) {
  const clock = fakeClock();
  const running: { resolve(): void; reject(error: Error): void }[] = [];
  const inner: Backend = {
    ...memoryBackend(),
    putObject: () =>
      new Promise<ObjectInfo>((resolve, reject) => {
        running.push({ resolve: () => resolve(info), reject });
      }),
  };
  const { quickPut } = layered(withQuickPut(inner), layersBy(clock)).capabilities;
  const put = (count: number, given = call) => {
    const objects = Array.from({ length: count }, (_, at) => ({
      ...{
        key: `k${at}`,
        size: 1,
        md5: 'm',
        options: plain,
        bytes: Buffer.from('x'),
        replaces: 'unknown' as const,
      },
    }));
    return quickPut!.putEach('c', objects, OPEN_PASSAGE, given);
  };
  const end = async (count: number, error?: Error) => {
    for (const one of running.splice(0, count))
      error === undefined ? one.resolve() : one.reject(error);
    await clock.advance(0);
  };
  return { clock, running, put, end, quickPut };
}

test('quick puts: no more are under way than the limit allows, those of two batches together', async () => {
  const { running, put, end, clock } = rig((clock) => [limit({ clock, concurrency: 3 })]);
  const both = [put(5), put(4)];
  await clock.advance(0);
  for (let round = 0; running.length > 0; round += 1) {
    expect(running.length).toBeLessThanOrEqual(3);
    expect(round).toBeLessThan(10);
    await end(2);
  }
  expect(await Promise.all(both)).toEqual([Array(5).fill(stored), Array(4).fill(stored)]);
});

test('quick puts: throttled ones lower the limit once, and a Retry-After holds back those that follow', async () => {
  const limits: number[] = [];
  const { running, put, end, clock } = rig((clock) => [
    limit({ clock, concurrency: 8, onLimit: (now) => limits.push(now) }),
  ]);
  const first = put(8);
  await clock.advance(0);
  await end(8, new ThrottledError('slow down', { ...driver, retry: { afterMs: 1_000 } }));
  expect(limits).toEqual([4]);
  expect(await first).toHaveLength(8);
  const second = put(6);
  await clock.advance(900);
  expect(running).toHaveLength(0);
  await clock.advance(200);
  expect(running).toHaveLength(4);
  await end(4);
  await end(4);
  expect(await second).toEqual(Array(6).fill(stored));
});

test('quick puts: are held to the rate of calls and to the bandwidth', async () => {
  const { running, put, end, clock } = rig((clock) => [
    throttle({ clock, callsPerSecond: () => 10, bytesPerSecond: () => 1_000_000 }),
  ]);
  const putting = put(21);
  let done = 0;
  await clock.advance(0);
  for (let tenths = 1; tenths <= 10; tenths += 1) {
    done += running.length;
    await end(running.length);
    expect(done).toBeLessThanOrEqual(tenths + 2);
    await clock.advance(100);
  }
  await clock.advance(5_000);
  await end(running.length);
  expect(await putting).toEqual(Array(21).fill(stored));
});

test('quick puts: none begins after the drain, and those under way end', async () => {
  const drain = new AbortController();
  const { running, put, end, clock } = rig((clock) => {
    const { inner, outer } = untilDrained(drain.signal);
    return [inner, limit({ clock, concurrency: 2 }), outer];
  });
  const putting = put(4);
  await clock.advance(0);
  drain.abort(new Error('stopped'));
  await end(2);
  expect(running).toHaveLength(0);
  expect(await putting).toEqual([stored, stored, undefined, undefined]);
});

test('quick puts: one that waits for its turn does not begin after the drain', async () => {
  const drain = new AbortController();
  const { running, put, end, clock } = rig((clock) => {
    const { inner, outer } = untilDrained(drain.signal);
    return [inner, limit({ clock, concurrency: 1 }), outer];
  });
  const first = put(1);
  const second = put(1);
  await clock.advance(0);
  drain.abort(new Error('stopped'));
  expect(await second).toEqual([undefined]);
  await end(1);
  expect(await first).toEqual([stored]);
  expect(running).toHaveLength(0);
});

test('quick puts: P6: none is sent without the lease, which is asked for before each', async () => {
  const state = { lost: false };
  const lease = {
    hold: () => (state.lost ? Promise.reject(new LeaseLostError('taken over')) : undefined),
  };
  const { running, put, end, clock } = rig((clock) => [
    fence(lease),
    limit({ clock, concurrency: 2 }),
  ]);
  const putting = put(4);
  await clock.advance(0);
  state.lost = true;
  await end(2);
  expect(running).toHaveLength(0);
  expect(await putting).toEqual([stored, stored, undefined, undefined]);
  state.lost = false;
  const later = put(1);
  await end(1);
  expect(await later).toEqual([stored]);
});

test('quick puts: each is measured without the time that it waited for', async () => {
  const measured: Measurement[] = [];
  const { put, end, clock } = rig((clock) => [
    measure(clock, (measurement) => measured.push(measurement)),
    limit({ clock, concurrency: 1 }),
  ]);
  const putting = put(2);
  await clock.advance(30);
  await end(1);
  await clock.advance(20);
  const error = new ObjectError('k1', 'is refused', driver);
  await end(1, error);
  await putting;
  expect(measured).toEqual([
    { operation: 'putObject', ms: 30, bytes: 1, error: undefined },
    { operation: 'putObject', ms: 20, bytes: undefined, error },
  ]);
});

test('quick gets: bytes are counted, and the limit and the measurements are those of reads', async () => {
  const clock = fakeClock();
  const measured: Measurement[] = [];
  const layers = [measure(clock, (each) => measured.push(each)), limit({ clock, concurrency: 1 })];
  const inner = memoryBackend();
  let underWay = 0;
  const backend: Backend = {
    ...inner,
    capabilities: {
      ...inner.capabilities,
      quickGet: {
        getEach(_, objects, answered, passage, given) {
          const begin = (row: number) => {
            underWay += 1;
            expect(underWay).toBe(1);
            setImmediate(() => {
              underWay -= 1;
              answered(row, info, Buffer.from('x'));
              run.ended(row, { read: true });
            });
          };
          const sizes = objects.map(({ size }) => size);
          const run = createQuickRun<GetOutcome>({ sizes, passage, begin }, given);
          return run.outcomes();
        },
      },
    },
  };
  const { quickGet } = layered(backend, layers).capabilities;
  const rows: number[] = [];
  const wanted = [1, 2, 3].map((size) => ({ key: `k${size}`, size }));
  const outcomes = await quickGet!.getEach(
    'c',
    wanted,
    (row) => rows.push(row),
    OPEN_PASSAGE,
    call,
  );
  expect(outcomes).toEqual(wanted.map(() => ({ read: true })));
  expect(rows).toEqual([0, 1, 2]);
  expect(measured.map(({ operation, bytes }) => [operation, bytes])).toEqual(
    wanted.map(({ size }) => ['readObject', size]),
  );
});

test('quick puts: there are none through a layer that has no rule for them', () => {
  const around: Layer['around'] = (invocation, next) => next(invocation);
  expect(rig(() => [{ name: 'other', around }]).quickPut).toBeUndefined();
  const reads: Layer = { name: 'reads', concerns: (what) => what === 'headObject', around };
  const clock = fakeClock();
  expect(rig(() => [reads, retry({ clock, random: () => 0 })]).quickPut).toBeDefined();
});

test('quick puts: no promise is made for an object that need not wait', async () => {
  const clock = fakeClock();
  const { inner, outer } = untilDrained(NEVER_ABORTED);
  const layers = [
    fence({ hold: () => undefined }),
    measure(clock, () => {}),
    inner,
    throttle({ clock, callsPerSecond: () => Infinity, bytesPerSecond: () => Infinity }),
    limit({ clock, concurrency: 4 }),
    outer,
    retry({ clock, random: () => 0 }),
  ];
  const backend = withCapability(memoryBackend(), {
    putEach(_, objects, passage, given) {
      const begin = (row: number) => void setImmediate(() => run.ended(row, stored));
      const run = createPutRun({ sizes: objects.map(() => 1), passage, begin }, given);
      return run.outcomes();
    },
  });
  const { quickPut } = layered(backend, layers).capabilities;
  const object = {
    key: 'k',
    size: 1,
    md5: 'm',
    options: plain,
    bytes: Buffer.from('x'),
    replaces: 'unknown' as const,
  };
  let promises = 0;
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE') promises += 1;
    },
  });
  hook.enable();
  const outcomes = await quickPut!.putEach('c', Array(1000).fill(object), OPEN_PASSAGE, call);
  hook.disable();
  expect(outcomes).toEqual(Array(1000).fill(stored));
  expect(promises).toBeLessThan(50);
});

const withCapability = (backend: Backend, quickPut: QuickPut): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, quickPut },
});
