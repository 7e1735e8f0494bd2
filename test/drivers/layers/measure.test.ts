import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { StorageError } from '../../../src/drivers/errors.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { type Measurement, measure } from '../../../src/drivers/layers/measure.js';
import { retry } from '../../../src/drivers/layers/retry.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { fakeClock } from '../../fakes/clock.js';
import { faulty } from '../../fakes/faulty-backend.js';
import { batchOf } from '../conformance/batch-of.js';
import {
  call,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';

const ref = { container: 'c', key: 'k' };

async function rig() {
  const memory = memoryBackend();
  await memory.createContainer('c', call);
  const { backend: inner, faults } = faulty(memory);
  const reported: Measurement[] = [];
  const clock = fakeClock();
  return {
    inner,
    faults,
    reported,
    clock,
    backend: layered(inner, [measure(clock, (measurement) => reported.push(measurement))]),
  };
}

test('measure layer: reports each attempt with its time, bytes and error', async () => {
  const { inner, faults, reported } = await rig();
  const error = new StorageError('trouble', { driver: 'memory', retry: 'backoff' });
  faults.next('putObject', error);
  const retried = layered(inner, [
    measure(systemClock, (measurement) => reported.push(measurement)),
    retry({ clock: systemClock, random: () => 0 }),
  ]);
  await put(retried, ref, randomContent(1000));
  expect(reported).toMatchObject([
    { operation: 'putObject', bytes: undefined, error },
    { operation: 'putObject', bytes: 1000, error: undefined },
  ]);
});

test('measure layer: reports a batch once, with the bytes of all its contents', async () => {
  const { backend, reported } = await rig();
  const batch = batchOf(
    [1000, 0, 234].map((size, at) => ({ key: `k${at}`, content: randomContent(size) })),
  );
  await backend.capabilities.batchPut?.putObjects('c', ...batch, call);
  expect(reported).toMatchObject([{ operation: 'putObjects', bytes: 1234, error: undefined }]);
});

test('the time is from the call to its end, by the clock that never goes back', async () => {
  const { backend, reported, clock } = await rig();
  const { body, go } = waiting();
  const putting = backend.putObject(ref, body, plain, call);
  await clock.advance(1234);
  go();
  await putting;
  expect(reported).toMatchObject([{ operation: 'putObject', ms: 1234, bytes: 4 }]);
});

test('measure layer: reports a read at its end with the bytes received, whether whole, left early or broken off', async () => {
  const { backend, reported } = await rig();
  await put(backend, ref, randomContent(1_000_000));
  reported.length = 0;
  await readAll(await backend.readObject(ref, { start: 10 }, call));
  for await (const _ of await backend.readObject(ref, undefined, call)) break;
  const stop = new AbortController();
  const failing = (async () => {
    for await (const _ of await backend.readObject(ref, undefined, { signal: stop.signal }))
      stop.abort(new Error('enough'));
  })();
  const error = await rejection(failing);
  expect(reported).toMatchObject([
    { operation: 'readObject', bytes: 999_990, error: undefined },
    { operation: 'readObject', bytes: 262_144, error: undefined },
    { operation: 'readObject', bytes: 262_144, error },
  ]);
});

test('so is the reading of a version', async () => {
  const { inner, reported } = await rig();
  await put(inner, ref, randomContent(1000));
  const versions = {
    keepsVersions: async () => true,
    softDeleteSeconds: async () => 0,
    listVersions: async () => ({ items: [], next: undefined }),
    headVersion: () => inner.headObject(ref, call),
    readVersion: () => inner.readObject(ref, undefined, call),
    deleteVersion: async () => {},
  };
  const versioned = { ...inner, capabilities: { ...inner.capabilities, versions } };
  const measured = layered(versioned, [
    measure(systemClock, (measurement) => reported.push(measurement)),
  ]);
  const reading = await measured.capabilities.versions!.readVersion(ref, 'v1', undefined, call);
  expect(reported).toEqual([]);
  await readAll(reading);
  expect(reported).toMatchObject([{ operation: 'readVersion', bytes: 1000, error: undefined }]);
});

/** A body that gives nothing before it is released. */
function waiting() {
  let go = (): void => {};
  const started = new Promise<void>((resolve) => {
    go = resolve;
  });
  const body = {
    ...streamedBody(Buffer.from('late')),
    async *open() {
      await started;
      yield Buffer.from('late');
    },
  };
  return { body, go };
}
