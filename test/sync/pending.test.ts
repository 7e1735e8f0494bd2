import { expect, test } from 'vitest';
import { createPending } from '../../src/sync/pending.js';

test('the oldest pending name is the one that has waited longest, however often it is added again', () => {
  const pending = createPending();
  pending.add('a', 10);
  pending.add('b', 20);
  pending.add('a', 30);
  expect(pending.oldestMs()).toBe(10);
  pending.settled('a');
  expect(pending.oldestMs()).toBe(20);
  pending.settled('b');
  expect(pending.oldestMs()).toBeUndefined();
});

test('waiting for nothing ends with the last name, or with the signal', async () => {
  const pending = createPending();
  const stop = new AbortController();
  await pending.whenEmpty(stop.signal);
  pending.add('a', 0);
  const first = pending.whenEmpty(stop.signal);
  const second = pending.whenEmpty(stop.signal);
  pending.settled('a');
  await Promise.all([first, second]);
  pending.add('b', 0);
  const third = pending.whenEmpty(stop.signal);
  stop.abort(new Error('enough'));
  await expect(third).rejects.toThrow('enough');
});
