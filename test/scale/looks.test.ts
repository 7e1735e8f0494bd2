import { expect, test } from 'vitest';
import { createLooks, type LookKind } from '../../src/scale/looks.js';

test('one look at a time: what is asked for during one is done after it, once', async () => {
  const kinds: LookKind[] = [];
  let go = () => {};
  let isRunning = false;
  const looks = createLooks(async (kind) => {
    expect(isRunning).toBe(false);
    isRunning = true;
    kinds.push(kind);
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    isRunning = false;
  });
  const first = looks.request('answers');
  await Promise.resolve();
  const later = [looks.request('answers'), looks.request('all'), looks.request('answers')];
  go();
  await first;
  await new Promise(setImmediate);
  go();
  await Promise.all(later);
  expect(kinds).toEqual(['answers', 'all']);
});
