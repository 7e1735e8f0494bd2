import { expect, test } from 'vitest';
import { openRestoreProgress } from '../../src/cli/restore-progress.js';
import type { RestoreSource } from '../../src/restore/restore-context.js';
import type { RestoreEvent } from '../../src/restore/restore-events.js';
import { fakeClock } from '../fakes/clock.js';
import { sink } from './console.js';

const { signal } = new AbortController();

async function* four(): AsyncGenerator<RestoreSource, void> {
  for (const name of ['a', 'b', 'c', 'd']) {
    const info = { container: 'c', key: name, size: 1000, checksums: [], metaData: {}, extra: {} };
    yield { name, info, isCurrent: true };
  }
}

const restored: RestoreEvent = {
  outcome: 'restored',
  proof: 'checksum',
  name: 'a',
  kind: 'file',
  size: 1000,
  notes: [],
};

test('progress of a restore: a listing counts ahead, and the line has objects, bytes and the time left', async () => {
  const clock = fakeClock();
  const stderr = sink({ isTTY: true });
  const progress = openRestoreProgress('photos', { stderr, env: {}, clock }, true, four, signal);
  for (let second = 0; second < 2; second++) {
    await clock.advance(2000);
    progress.onBytes(1000);
    progress.onEvent(restored);
  }
  await clock.advance(200);
  await progress.close();
  const line = stderr.text().split('\r\u001b[K').at(-2);
  expect(line).toMatch(
    /^photos: 2 of 4 objects · \S+ \S+ of \S+ \S+ · \d+ s left · \S+ \S+\/s · 4 listed$/,
  );
});

test('progress of a restore: without a terminal nothing is listed or shown', async () => {
  const stderr = sink();
  const list = () => {
    throw new Error('listed');
  };
  const progress = openRestoreProgress(
    'x',
    { stderr, env: {}, clock: fakeClock() },
    true,
    list,
    signal,
  );
  progress.onBytes(1);
  progress.onEvent(restored);
  await progress.close();
  expect(stderr.text()).toBe('');
  expect(progress.stderr).toBe(stderr);
});
