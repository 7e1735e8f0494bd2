import { expect, test } from 'vitest';
import { openTurns } from '../../src/drivers/turns.js';
import { rejection } from './conformance/fixture.js';

const never = new AbortController().signal;

/** Work that ends when the test ends it. */
function work() {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const state = { begun: false };
  const run = async () => {
    state.begun = true;
    await ended;
  };
  return { run, end: () => end(), state };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('work on one thing waits for what came before it, on others it does not', async () => {
  const turns = openTurns();
  const [first, second, other] = [work(), work(), work()];
  const firstDone = turns.take('a', never, first.run);
  const secondDone = turns.take('a', never, second.run);
  void turns.take('b', never, other.run);
  await turn();
  expect([first, second, other].map(({ state }) => state.begun)).toEqual([true, false, true]);
  first.end();
  await firstDone;
  await turn();
  expect(second.state.begun).toBe(true);
  second.end();
  await secondDone;
});

test('turns: a failure rejects its caller only, and the next caller has its turn', async () => {
  const turns = openTurns();
  const failed = rejection(turns.take('a', never, () => Promise.reject(new Error('no'))));
  expect(await turns.take('a', never, () => Promise.resolve(5))).toBe(5);
  expect((await failed).message).toBe('no');
});

test('turns: an aborted caller runs nothing, and no caller overtakes', async () => {
  const turns = openTurns();
  const stop = new AbortController();
  const [first, dropped, last] = [work(), work(), work()];
  const firstDone = turns.take('a', never, first.run);
  const gaveUp = rejection(turns.take('a', stop.signal, dropped.run));
  const lastDone = turns.take('a', never, last.run);
  stop.abort(new Error('enough'));
  expect((await gaveUp).message).toBe('enough');
  await turn();
  expect([dropped, last].map(({ state }) => state.begun)).toEqual([false, false]);
  first.end();
  last.end();
  await Promise.all([firstDone, lastDone]);
  expect([dropped, last].map(({ state }) => state.begun)).toEqual([false, true]);
});
