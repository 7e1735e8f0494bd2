import { expect, test } from 'vitest';
import { bytesBody, streamBody } from '../../../src/drivers/body.js';
import type { Body, PutOptions } from '../../../src/drivers/call.js';
import {
  ContainerAlreadyExistsError,
  ObjectDoesNotExistError,
  type Retry,
  StorageError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { retry } from '../../../src/drivers/layers/retry.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { fakeClock } from '../../fakes/clock.js';
import { faulty } from '../../fakes/faulty-backend.js';
import { batchOf } from '../conformance/batch-of.js';
import { call, contentOf, plain, put, readAll, rejection } from '../conformance/fixture.js';

const trouble = (retryWhen: Retry = 'backoff') =>
  new StorageError('trouble', { driver: 'memory', retry: retryWhen });
const ref = { container: 'c', key: 'k' };

async function rig({ random = () => 0.5 }: { random?: () => number } = {}) {
  const clock = fakeClock();
  const memory = memoryBackend();
  await memory.createContainer('c', call);
  await put(memory, ref, 'content');
  const { backend: inner, faults } = faulty(memory);
  const drain = new AbortController();
  const backend = layered(inner, [
    retry({ clock, random, tries: 4, baseMs: 100, longestMs: 1000, until: drain.signal }),
  ]);
  /** Runs while the clock moves. Resolves with how far it had moved when the call ended. */
  async function timed<T>(run: () => Promise<T>): Promise<{ outcome: T | Error; ms: number }> {
    let ended: { outcome: T | Error; ms: number } | undefined;
    const running = run().then(
      (outcome) => ({ outcome, ms: clock.monotonic() }),
      (outcome: Error) => ({ outcome, ms: clock.monotonic() }),
    );
    void running.then((end) => {
      ended = end;
    });
    for (let step = 0; ended === undefined && step < 10_000; step += 1) await clock.advance(1);
    return running;
  }
  return { backend, faults, clock, memory, drain, timed };
}

test('a call is made again, after waits that double, until it goes well', async () => {
  const { backend, faults, timed } = await rig();
  for (let i = 0; i < 3; i += 1) faults.next('headObject', trouble());
  const { outcome, ms } = await timed(() => backend.headObject(ref, call));
  expect(outcome).toMatchObject({ key: 'k', size: 7 });
  expect(ms).toBe(50 + 100 + 200);
  expect(faults.calls).toEqual(Array(4).fill('headObject'));
  faults.assertUsedUp();
});

test('after the last try its error is the answer', async () => {
  const { backend, faults, timed } = await rig();
  const errors = Array.from({ length: 4 }, () => trouble());
  for (const error of errors) faults.next('headObject', error);
  expect((await timed(() => backend.headObject(ref, call))).outcome).toBe(errors[3]);
  faults.assertUsedUp();
});

test('no wait is longer than the longest, and a random of 0 waits not at all', async () => {
  const { backend, faults, timed } = await rig({ random: () => 0 });
  for (let i = 0; i < 3; i += 1) faults.next('listObjects', trouble());
  expect((await timed(() => backend.listObjects('c', '', {}, call))).ms).toBe(0);
});

test('an error that says never, and one that is no StorageError, are not tried again', async () => {
  const { backend, faults } = await rig();
  for (const error of [trouble('never'), new Error('a bug')]) {
    faults.next('headObject', error);
    expect(await rejection(backend.headObject(ref, call))).toBe(error);
  }
  expect(faults.calls).toHaveLength(2);
});

test('a provider that says when is waited for as long, but not longer than the longest wait', async () => {
  const { backend, faults, timed } = await rig();
  faults.next('headObject', trouble({ afterMs: 700 }));
  expect((await timed(() => backend.headObject(ref, call))).ms).toBe(750);
  const tooLong = trouble({ afterMs: 1001 });
  faults.next('headObject', tooLong);
  expect(await rejection(backend.headObject(ref, call))).toBe(tooLong);
});

test('a body that can be opened again is sent again from its first byte', async () => {
  const { backend, faults, timed, memory } = await rig();
  faults.next('putObject', { cutAfter: 3 });
  faults.next('putObject', trouble());
  const { bytes: _, ...streamed } = bytesBody(Buffer.from('the new content'));
  await timed(() => backend.putObject(ref, streamed, plain, call));
  expect(await contentOf(memory, ref)).toBe('the new content');
  faults.assertUsedUp();
});

test('a body that cannot be opened again is sent once', async () => {
  const { backend, faults, memory } = await rig();
  faults.next('putObject', { cutAfter: 3 });
  const body: Body = streamBody(bytesBody(Buffer.from('the new content')).open(), 15);
  expect((await rejection(backend.putObject(ref, body, plain, call))).message).toBe(
    'the connection was lost',
  );
  expect(faults.calls).toEqual(['putObject']);
  expect(await contentOf(memory, ref)).toBe('content');
});

test('a wait ends when the call is aborted, with the reason', async () => {
  const { backend, faults } = await rig();
  const stop = new AbortController();
  faults.next('headObject', trouble());
  const running = backend.headObject(ref, { signal: stop.signal });
  setImmediate(() => stop.abort(new Error('enough')));
  expect((await rejection(running)).message).toBe('enough');
  expect(faults.calls).toEqual(['headObject']);
});

test('a change that would conflict with itself is made again only when nothing has happened', async () => {
  const { backend, faults, timed, memory } = await rig();
  const lost = trouble();
  faults.next('createContainer', { lost });
  expect((await timed(() => backend.createContainer('new', call))).outcome).toBe(lost);
  faults.next(
    'createContainer',
    new ThrottledError('slow down', { driver: 'memory', retry: 'backoff' }),
  );
  expect((await timed(() => backend.createContainer('new', call))).outcome).toBeInstanceOf(
    ContainerAlreadyExistsError,
  );

  const ifAbsent: PutOptions = { ...plain, precondition: { ifAbsent: true } };
  faults.next('putObject', { lost });
  expect(
    (
      await timed(() =>
        backend.putObject({ ...ref, key: 'once' }, bytesBody(Buffer.from('x')), ifAbsent, call),
      )
    ).outcome,
  ).toBe(lost);
  expect(await contentOf(memory, { ...ref, key: 'once' })).toBe('x');
  faults.assertUsedUp();
});

test('a completion whose answer was lost is reported as that, not as an unknown upload', async () => {
  const { backend, faults, timed, memory } = await rig();
  const multipart = backend.capabilities.multipart!;
  const token = await multipart.begin({ ...ref, key: 'parts' }, plain, call);
  const part = await multipart.uploadPart(token, 1, bytesBody(Buffer.from('part')), call);
  const lost = trouble();
  faults.next('complete', { lost });
  const { outcome } = await timed(() => multipart.complete(token, [part], call));
  expect(outcome).toBe(lost);
  expect(outcome).not.toBeInstanceOf(ObjectDoesNotExistError);
  expect(faults.calls.filter((operation) => operation === 'complete')).toHaveLength(2);
  expect(await contentOf(memory, { ...ref, key: 'parts' })).toBe('part');
});

test('a reading is tried again until it begins, and never in the middle', async () => {
  const { backend, faults, timed } = await rig();
  faults.next('readObject', trouble());
  faults.next('readObject', { cutAfter: 3 });
  const { outcome } = await timed(async () =>
    readAll(await backend.readObject(ref, undefined, call)),
  );
  expect(String(outcome)).toBe('con');
  faults.assertUsedUp();
});

test('once it is to stop, a call that waits for its next try fails at once, and none is made again', async () => {
  const { backend, faults, clock, drain } = await rig();
  const error = trouble();
  faults.next('headObject', error);
  const waiting = rejection(backend.headObject(ref, call));
  await clock.advance(0);
  drain.abort(new Error('enough'));
  expect(await waiting).toBe(error);
  faults.next('headObject', error);
  expect(await rejection(backend.headObject(ref, call))).toBe(error);
  expect(faults.calls).toHaveLength(2);
});

test('retry layer: sends a batch once, as its content is gone, also when the provider was throttling', async () => {
  const { backend, faults, timed } = await rig();
  const throttled = new ThrottledError('slow down', { driver: 'memory', retry: 'backoff' });
  for (const error of [trouble(), throttled]) {
    faults.next('putObjects', error);
    const batch = batchOf([{ key: 'k', content: Buffer.from('other') }]);
    const putObjects = () => backend.capabilities.batchPut!.putObjects('c', ...batch, call);
    expect((await timed(putObjects)).outcome).toBe(error);
  }
  expect(faults.calls).toEqual(['putObjects', 'putObjects']);
});
