import { expect, test } from 'vitest';
import { createLeftAlone } from '../../src/scale/left-alone.js';
import { fakeClock } from '../fakes/clock.js';

function openLeftAlone() {
  const clock = fakeClock();
  const refusals = new Map<string, string>();
  const done: string[] = [];
  const drain = new AbortController();
  const leftAlone = createLeftAlone({
    mirror: 'documents',
    refusals,
    setPaused: (isPaused) => void done.push(isPaused ? 'paused' : 'resumed'),
    ended: () => void done.push('ended'),
    drain: drain.signal,
    clock,
    log: { warn: () => {}, info: () => {} },
  });
  return { clock, refusals, done, drain, leftAlone };
}

test('a mirror is left alone for a time, which further refusals do not prolong', async () => {
  const { clock, refusals, done, leftAlone } = openLeftAlone();
  expect(leftAlone.begin('source', 'why', undefined)).toBe(true);
  expect(refusals.get('documents')).toBe('why');
  await clock.advance(200_000);
  expect(leftAlone.begin('source', 'again', undefined)).toBe(false);
  await clock.advance(99_999);
  expect(done).toEqual(['paused']);
  await clock.advance(1);
  expect(done).toEqual(['paused', 'resumed', 'ended']);
  expect(refusals.size).toBe(0);
});

test('it is taken up as soon as the reason is gone, and left alone again for the next one', async () => {
  const { clock, refusals, done, leftAlone } = openLeftAlone();
  let isOver = false;
  leftAlone.begin('source', 'why', async () => isOver);
  await clock.advance(2_000);
  isOver = true;
  await clock.advance(1_000);
  expect(done).toEqual(['paused', 'resumed', 'ended']);
  leftAlone.begin('source', 'another', undefined);
  await clock.advance(299_999);
  expect(refusals.get('documents')).toBe('another');
  expect(done.slice(3)).toEqual(['paused']);
});

test('the reason is asked about less and less often, a failed question too, and not after its time', async () => {
  const { clock, done, leftAlone } = openLeftAlone();
  const askedAt: number[] = [];
  leftAlone.begin('source', 'why', async () => {
    askedAt.push(clock.monotonic() / 1_000);
    throw new Error('Redis is away');
  });
  await clock.advance(600_000);
  expect(askedAt).toEqual([1, 3, 7, 15, 31, 63, 127, 255]);
  expect(done).toEqual(['paused', 'resumed', 'ended']);
});

test('a worker that ends takes nothing up', async () => {
  const { clock, done, drain, leftAlone } = openLeftAlone();
  leftAlone.begin('source', 'why', async () => true);
  drain.abort();
  await clock.advance(300_000);
  expect(done).toEqual(['paused']);
  expect(leftAlone.begin('source', 'why', undefined)).toBe(false);
});
