import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Body } from '../../../src/drivers/call.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { type ThrottleSettings, throttle } from '../../../src/drivers/layers/throttle.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { fakeClock } from '../../fakes/clock.js';
import { batchOf } from '../conformance/batch-of.js';
import { call, plain, randomContent, readAll } from '../conformance/fixture.js';

const KIB = 1024;
const ref = { container: 'c', key: 'k' };

async function rig(
  settings: Omit<ThrottleSettings, 'clock'>,
  change: (inner: Backend) => Backend = (inner) => inner,
) {
  const clock = fakeClock();
  const inner = memoryBackend();
  await inner.createContainer('c', call);
  const layer = throttle({ clock, ...settings });
  /** Seconds of the clock until the promise is settled. */
  async function seconds(promise: Promise<unknown>): Promise<number> {
    const began = clock.monotonic();
    let ended = false;
    const watched = promise.finally(() => {
      ended = true;
    });
    while (!ended) await clock.advance(10);
    await watched;
    return (clock.monotonic() - began) / 1000;
  }
  return { clock, inner, layer, backend: layered(change(inner), [layer]), seconds };
}

async function* chunks(content: Uint8Array, size: number) {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size);
}

test('throttle layer: a batch takes the time of all its contents before it is sent', async () => {
  const { backend, seconds } = await rig({ bytesPerSecond: () => 10 * KIB });
  const batch = batchOf(['a', 'b', 'c'].map((key) => ({ key, content: randomContent(10 * KIB) })));
  const putting = backend.capabilities.batchPut!.putObjects('c', ...batch, call);
  expect(await seconds(putting)).toBeCloseTo(3, 0);
  expect((await putting).every((outcome) => 'stored' in outcome)).toBe(true);
});

test('content takes its time, sent and read, in one go or in parts, and is the same', async () => {
  const { backend, inner, seconds } = await rig({ bytesPerSecond: () => 10 * KIB });
  const content = randomContent(50 * KIB);
  const inMemory = bytesBody(content);
  expect(await seconds(backend.putObject(ref, inMemory, plain, call))).toBeCloseTo(5, 0);
  expect(await readAll(await inner.readObject(ref, undefined, call))).toEqual(content);

  expect(await seconds(backend.readObject(ref, undefined, call).then(readAll))).toBeCloseTo(5, 0);

  const multipart = backend.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  const streamed: Body = {
    size: 20 * KIB,
    replayable: true,
    open: () => chunks(content.subarray(0, 20 * KIB), 7 * KIB),
  };
  expect(await seconds(multipart.uploadPart(token, 1, streamed, call))).toBeCloseTo(2, 0);
  expect(
    await seconds(
      multipart.uploadPart(
        token,
        2,
        streamed.slice?.(0, 1) ?? bytesBody(content.subarray(0, 10 * KIB)),
        call,
      ),
    ),
  ).toBeCloseTo(1, 0);
});

test('all that goes over one layer shares its rate, small contents as well', async () => {
  const { layer, inner, backend, seconds } = await rig({ bytesPerSecond: () => 100 * KIB });
  const other = layered(inner, [layer]);
  const puts = Array.from({ length: 1000 }, (_, at) =>
    (at % 2 === 0 ? backend : other).putObject(
      { container: 'c', key: `${at}` },
      bytesBody(Buffer.alloc(KIB)),
      plain,
      call,
    ),
  );
  expect(await seconds(Promise.all(puts))).toBeCloseTo(10, 0);
});

test('many slow transfers at once each give a piece a second, so that no server hangs up on them', async () => {
  const at: number[][] = Array.from({ length: 32 }, () => []);
  const { clock, backend, seconds } = await rig({ bytesPerSecond: () => 64 * KIB }, (inner) => ({
    ...inner,
    async putObject(to, body, options, given) {
      for await (const _ of body.open()) at[Number(to.key)]!.push(clock.monotonic());
      return inner.putObject(to, bytesBody(new Uint8Array()), options, given);
    },
  }));
  const content = Buffer.alloc(32 * KIB);
  await seconds(
    Promise.all(
      at.map((_, n) =>
        backend.putObject({ container: 'c', key: `${n}` }, bytesBody(content), plain, call),
      ),
    ),
  );
  for (const times of at)
    for (const [n, ms] of times.entries())
      expect(ms - (times[n - 1] ?? 0)).toBeLessThanOrEqual(1000);
});

test('calls begin no faster than they may', async () => {
  const { backend, inner, seconds } = await rig({ callsPerSecond: () => 20 });
  await inner.putObject(ref, bytesBody(Buffer.from('x')), plain, call);
  const heads = Array.from({ length: 100 }, () => backend.headObject(ref, call));
  expect(await seconds(Promise.all(heads))).toBeCloseTo(5, 0);
});

test('throttle layer: passes a body on unchanged where there is no limit', async () => {
  const given: Body[] = [];
  const keep = (inner: Backend): Backend => ({
    ...inner,
    putObject(to, body, options, call) {
      given.push(body);
      return inner.putObject(to, body, options, call);
    },
  });
  const { backend } = await rig({ callsPerSecond: () => 1e6 }, keep);
  const body = bytesBody(Buffer.alloc(10_000_000));
  await backend.putObject(ref, body, plain, call);
  expect(given).toEqual([body]);
  expect(given[0]).toBe(body);
});

test('throttle layer: reports each wait of a piece with its milliseconds, and an aborted caller stops waiting', async () => {
  const waits: number[] = [];
  const { clock, backend, inner } = await rig({
    bytesPerSecond: () => KIB,
    onWait: (ms) => waits.push(ms),
  });
  const stop = new AbortController();
  const put = backend.putObject(ref, bytesBody(Buffer.alloc(3600 * KIB)), plain, {
    signal: stop.signal,
  });
  const failed = put.catch((error: unknown) => error);
  await clock.advance(60_000);
  expect(waits).toEqual(Array(60).fill(1000));
  stop.abort(new Error('enough'));
  expect(await failed).toMatchObject({ message: 'enough' });
  expect((await inner.listObjects('c', '', {}, call)).items).toEqual([]);
});
