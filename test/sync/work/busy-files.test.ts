import { expect, test } from 'vitest';
import { createBusyFiles } from '../../../src/sync/work/busy-files.js';
import { fakeClock } from '../../fakes/clock.js';

test('busy files: a file is reported once, when each read has met a change for longer than usual', async () => {
  const clock = fakeClock();
  const busy = createBusyFiles(clock, 10_000);
  const looks: boolean[] = [];
  for (let second = 0; second < 20; second += 4) {
    looks.push(busy.isNews('app.log'));
    await clock.advance(4_000);
  }
  expect(looks).toEqual([false, false, false, true, false]);
  expect(busy.isNews('other.log')).toBe(false);
  busy.over('app.log');
  expect(busy.isNews('app.log')).toBe(false);
});
