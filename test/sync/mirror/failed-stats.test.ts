import { expect, test } from 'vitest';
import { createFailedStats } from '../../../src/sync/mirror/failed-stats.js';
import { fakeClock } from '../../fakes/clock.js';

test('failed looks: are repeated after 1, 2, 4 ... s, at the latest after a minute, until one succeeds', async () => {
  const clock = fakeClock();
  const looks = createFailedStats(clock);
  const at: number[] = [];
  let fails = true;
  looks.retryBy(async (path) => {
    at.push(clock.monotonic() / 1_000);
    if (fails) looks.report(path);
  });
  looks.report('folder/file');
  looks.report('folder/file');
  await clock.advance(62_000);
  expect(looks.unsettled()).toEqual({ since: undefined });
  await clock.advance(138_000);
  expect(at).toEqual([1, 3, 7, 15, 31, 63, 123, 183]);
  expect(looks.unsettled()).toBeUndefined(); // it lasts
  fails = false;
  await clock.advance(60_000);
  expect(looks.unsettled()).toBeUndefined();
  await clock.advance(600_000);
  expect(at).toHaveLength(9);
});

test('failed looks: what waits concerns its own path, and what is below a folder', async () => {
  const looks = createFailedStats(fakeClock());
  looks.retryBy(async () => {});
  looks.report('folder');
  expect(looks.unsettled('folder')).toBeDefined();
  expect(looks.unsettled('folder/file')).toBeDefined();
  expect(looks.unsettled('folder2')).toBeUndefined();
  looks.stop();
  expect(looks.unsettled()).toBeUndefined();
});

test('failed looks: very many are one look at the whole source', async () => {
  const clock = fakeClock();
  const looks = createFailedStats(clock);
  const paths: string[] = [];
  looks.retryBy(async (path) => void paths.push(path));
  for (let number = 0; number < 1_500; number += 1) looks.report(`file${number}`);
  await clock.advance(1_000);
  expect(paths).toHaveLength(1_001);
  expect(paths).toContain('');
});

test('failed looks: a retry that throws is made once more', async () => {
  const clock = fakeClock();
  const looks = createFailedStats(clock);
  let tries = 0;
  looks.retryBy(async () => {
    tries += 1;
    if (tries === 1) throw new Error('the queue was closed');
  });
  looks.report('file');
  await clock.advance(10_000);
  expect(tries).toBe(2);
});
