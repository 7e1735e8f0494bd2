import { expect, test } from 'vitest';
import { openVerifyProgress } from '../../src/cli/verify-progress.js';
import type { ObjectName, ObjectRecord } from '../../src/state/object-index.js';
import { ALL, type Choice } from '../../src/verify/choose-objects.js';
import type { ListedObject } from '../../src/verify/compare-listing.js';
import { fakeClock } from '../fakes/clock.js';
import { record } from '../state/fixtures.js';
import { sink } from './console.js';

const { signal } = new AbortController();
const NAMES = ['a', 'b', 'c', 'd'];

async function* listed(): AsyncGenerator<ListedObject, void> {
  for (const name of NAMES) {
    const info = { container: 'c', key: name, size: 1000, checksums: [], metaData: {}, extra: {} };
    yield { name, info };
  }
}

const recordedObjects: readonly (readonly [ObjectName, ObjectRecord])[] = NAMES.map((name) => [
  name,
  record({ size: 1024 }),
]);
const index = {
  get: () => undefined,
  entries: ({ after = '' } = {}) => recordedObjects.filter(([name]) => name > after),
  count: () => NAMES.length,
  isReconciled: true,
};

/** The last line that was shown after two of the objects, one of them read back. */
async function lineOf(options: { index?: typeof index; chosen: Choice }): Promise<string> {
  const clock = fakeClock();
  const stderr = sink({ isTTY: true });
  const progress = openVerifyProgress(
    { stderr, env: {}, clock },
    { label: 'photos', isWanted: true, index: undefined, list: listed, signal, ...options },
  );
  await clock.advance(200);
  for (let second = 0; second < 2; second++) {
    progress.onBytes(512);
    progress.onObject();
    await clock.advance(2000);
  }
  progress.hide();
  await clock.advance(200);
  await progress.close();
  return stderr.text().split('\r\u001b[K').at(-2) ?? '';
}

test('progress of verify: objects, and bytes of those that are to be read back, with rate and time left', async () => {
  expect(await lineOf({ index, chosen: (name) => name <= 'b' })).toMatch(
    /^photos: 2 of 4 objects · 1\.0 KiB of 2\.0 KiB · \d+ s left · \d+ B\/s · 4 listed$/,
  );
});

test('progress of verify: without an index a listing counts ahead', async () => {
  expect(await lineOf({ chosen: ALL })).toMatch(
    /^photos: 2 of 4 objects · 1\.0 KiB of 3\.9 KiB · \d+ s left · \d+ B\/s · 4 listed$/,
  );
});

test('progress of verify: without a terminal nothing is counted or shown', async () => {
  const stderr = sink();
  const list = () => {
    throw new Error('listed');
  };
  const progress = openVerifyProgress(
    { stderr, env: {}, clock: fakeClock() },
    { label: 'x', isWanted: true, chosen: ALL, index: undefined, list, signal },
  );
  progress.onBytes(1);
  progress.onObject();
  progress.hide();
  await progress.close();
  expect(stderr.text()).toBe('');
  expect(progress.stderr).toBe(stderr);
});
