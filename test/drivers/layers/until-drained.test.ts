import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Call } from '../../../src/drivers/call.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { limit } from '../../../src/drivers/layers/limit.js';
import { untilDrained } from '../../../src/drivers/layers/until-drained.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { fakeClock } from '../../fakes/clock.js';
import { faulty } from '../../fakes/faulty-backend.js';
import { call, plain, rejection } from '../conformance/fixture.js';

/** One call at a time is let through; the others wait for their turn. */
async function rig() {
  const clock = fakeClock();
  const drain = new AbortController();
  const memory = memoryBackend();
  await memory.createContainer('c', call);
  const { backend: inner, faults } = faulty(memory);
  const draining = untilDrained(drain.signal);
  const backend = layered(inner, [
    draining.inner,
    limit({ clock, concurrency: 1 }),
    draining.outer,
  ]);
  const put = (key: string, given: Call = call) =>
    backend.putObject({ container: 'c', key }, bytesBody(Buffer.from(key)), plain, given);
  return {
    backend,
    faults,
    put,
    stop: () => drain.abort(new Error('stopped')),
    turn: () => clock.advance(0),
  };
}

test('what runs goes on after the signal, and what waits for its turn is never begun', async () => {
  const { backend, faults, put, stop, turn } = await rig();
  const interrupt = new AbortController();
  faults.next('putObject', 'no answer');
  const running = rejection(put('running', { signal: interrupt.signal }));
  await turn();
  const waiting = [
    put('waiting'),
    backend.capabilities.batchPut!.putObjects('c', [], new ArrayBuffer(0), call),
    backend.deleteObject({ container: 'c', key: 'running' }, call),
  ].map(rejection);
  await turn();
  stop();
  for (const error of await Promise.all(waiting)) expect(error.message).toBe('stopped');
  expect((await rejection(put('later'))).message).toBe('stopped');
  expect(faults.calls).toEqual(['putObject']);
  interrupt.abort(new Error('interrupted'));
  expect((await running).message).toBe('interrupted');
});

test('parts of an upload that was begun before the signal are sent after it, and it is completed', async () => {
  const { backend, stop } = await rig();
  const { multipart } = backend.capabilities;
  if (!multipart) throw new Error('the memory driver sends in parts');
  const ref = { container: 'c', key: 'film' };
  const token = await multipart.begin(ref, plain, call);
  stop();
  const part = await multipart.uploadPart(token, 1, bytesBody(Buffer.from('all of it')), call);
  expect((await multipart.complete(token, [part], call)).size).toBe(9);
  expect((await rejection(multipart.begin(ref, plain, call))).message).toBe('stopped');
});

test('what only reads goes on: it may be what confirms an upload', async () => {
  const { backend, put, stop } = await rig();
  await put('a');
  stop();
  expect((await backend.headObject({ container: 'c', key: 'a' }, call)).size).toBe(1);
});
