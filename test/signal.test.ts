import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { eachInParallel } from '../src/drivers/parallel.js';
import { childController, onAbort, orAborted, untilAborted, whenAborted } from '../src/signal.js';
import { readAll, rejection } from './drivers/conformance/fixture.js';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** Yields chunks, and records when it was closed. */
function source(chunks: readonly Uint8Array[], { hangs = false } = {}) {
  const state = { closed: false };
  async function* open() {
    try {
      yield* chunks;
      if (hangs) await new Promise(() => {});
    } finally {
      state.closed = true;
    }
  }
  return { open, state };
}

test('orAborted gives what the promise gives, or the reason of the abort, and leaves no listener', async () => {
  const stop = new AbortController();
  expect(await orAborted(Promise.resolve(5), stop.signal)).toBe(5);
  expect((await rejection(orAborted(Promise.reject(new Error('own')), stop.signal))).message).toBe(
    'own',
  );
  const waiting = orAborted(new Promise(() => {}), stop.signal);
  expect(listenersOf(stop.signal)).toBe(1);
  stop.abort(new Error('enough'));
  expect((await rejection(waiting)).message).toBe('enough');
  expect((await rejection(orAborted(new Promise(() => {}), stop.signal))).message).toBe('enough');
  expect(listenersOf(stop.signal)).toBe(0);
});

test('untilAborted gives all chunks and leaves no listener', async () => {
  const stop = new AbortController();
  const { open, state } = source([Buffer.from('a'), Buffer.from('b')]);
  expect(String(await readAll(untilAborted(open(), stop.signal)))).toBe('ab');
  expect(state.closed).toBe(true);
  expect(listenersOf(stop.signal)).toBe(0);
});

test('untilAborted closes its source when it is left, before it goes on', async () => {
  const { open, state } = source([Buffer.from('a'), Buffer.from('b')]);
  for await (const _ of untilAborted(open(), new AbortController().signal)) break;
  expect(state.closed).toBe(true);
});

test('untilAborted does not wait for a source that hangs', async () => {
  const stop = new AbortController();
  const { open } = source([Buffer.from('a')], { hangs: true });
  const reading = readAll(untilAborted(open(), stop.signal));
  setImmediate(() => stop.abort(new Error('enough')));
  expect((await rejection(reading)).message).toBe('enough');
  expect(listenersOf(stop.signal)).toBe(0);
});

test('onAbort runs once, at once when it is too late, and not at all when taken back', () => {
  const stop = new AbortController();
  const ran: string[] = [];
  onAbort(stop.signal, () => ran.push('first'));
  onAbort(stop.signal, () => ran.push('taken back'))();
  stop.abort();
  onAbort(stop.signal, () => ran.push('late'));
  expect(ran).toEqual(['first', 'late']);
});

test('a thousand waits on one signal are not reported as a leak', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  const stop = new AbortController();
  const waits = Array.from({ length: 1000 }, () =>
    rejection(orAborted(new Promise(() => {}), stop.signal)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error('enough'));
  await Promise.all(waits);
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});

test('a child is aborted with its parent, never the other way, and can be unlinked', () => {
  const parent = new AbortController();
  const [first, second] = [childController(parent.signal), childController(parent.signal)];
  first.controller.abort(new Error('own'));
  expect(parent.signal.aborted).toBe(false);
  second.unlink();
  const third = childController(parent.signal);
  parent.abort(new Error('all'));
  expect(first.controller.signal.reason.message).toBe('own');
  expect(second.controller.signal.aborted).toBe(false);
  expect(third.controller.signal.reason.message).toBe('all');
});

test('a child of two is aborted with the first of them, and leaves no listener once it is unlinked', () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const { controller, unlink } = childController(one.signal, two.signal);
  two.abort(new Error('two'));
  expect(controller.signal.reason.message).toBe('two');
  unlink();
  expect(listenersOf(one.signal)).toBe(0);
});

test('P7: whenAborted rejects with the reason of the first, and leaves nothing at the others', async () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const waiting = whenAborted(one.signal, two.signal);
  two.abort(new Error('two'));
  one.abort(new Error('one'));
  expect((await rejection(waiting)).message).toBe('two');
  expect((await rejection(whenAborted(one.signal))).message).toBe('one');
  const [lives, run] = [new AbortController(), new AbortController()];
  const over = rejection(whenAborted(lives.signal, run.signal));
  expect(listenersOf(lives.signal)).toBe(1);
  run.abort(new Error('over'));
  await over;
  expect(listenersOf(lives.signal)).toBe(0);
});

test('eachInParallel takes an item only when a lane is free', async () => {
  let taken = 0;
  let done = 0;
  function* items() {
    for (; taken < 20; taken += 1) yield taken;
  }
  await eachInParallel(items(), 3, new AbortController().signal, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    done += 1;
    expect(taken - done).toBeLessThanOrEqual(3);
  });
  expect(done).toBe(20);
});

test('eachInParallel rejects with the first failure, after all lanes have come to rest', async () => {
  const stop = new AbortController();
  const ended: number[] = [];
  const running = eachInParallel([0, 1, 2, 3, 4], 3, stop.signal, async (item, signal) => {
    try {
      if (item === 1) throw new Error('the first failure');
      await orAborted(new Promise(() => {}), signal);
    } finally {
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
    }
  });
  expect((await rejection(running)).message).toBe('the first failure');
  expect(ended.sort()).toEqual([0, 1, 2]);
  expect(listenersOf(stop.signal)).toBe(0);
});
