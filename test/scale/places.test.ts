import { expect, test } from 'vitest';
import type { JobFacts } from '../../src/scale/job-form.js';
import { jobsUnderWay } from '../../src/scale/jobs-under-way.js';
import { createPlaces } from '../../src/scale/places.js';
import { fakeClock } from '../fakes/clock.js';

const never = new AbortController().signal;
const facts: JobFacts = {
  settings: {},
  epoch: { session: 's', fence: 1 },
  source: { root: '1', landmarks: [] },
};

/** Places of a mirror whose workers can do `atOnce` jobs. */
function opened(atOnce: number) {
  const clock = fakeClock();
  const jobs = jobsUnderWay('abcdefgh', clock.monotonic, () => places.changed());
  let workers = atOnce;
  const places = createPlaces({ clock, jobs, jobsAtOnce: () => workers });
  return {
    clock,
    places,
    begin() {
      const job = jobs.begin({ kind: 'send', mirror: 'm', payload: '' }, facts);
      return () => jobs.answered(job, { payload: '', worker: 'w', changedHands: false });
    },
    workers(now: number) {
      workers = now;
      places.changed();
    },
  };
}

test('places: two for each job that workers do at once, and 64 at most', () => {
  const { places, begin, workers } = opened(2);
  expect(places.free('m')).toBe(4);
  const end = begin();
  expect(places.free('m')).toBe(3);
  end();
  workers(100);
  expect(places.free('m')).toBe(64);
});

test('places: a wait ends with the next job that ends, and is worth another question', async () => {
  const { places, begin } = opened(1);
  const ends = [begin(), begin()];
  expect(places.free('m')).toBe(0);
  const waited = places.whenFree('m', 1_000, never);
  ends[0]?.();
  expect(await waited).toBe(true);
  expect(places.free('m')).toBe(1);
});

test('places: nothing waits for workers that are not there', async () => {
  const { places, begin, workers } = opened(1);
  begin();
  begin();
  const waited = places.whenFree('m', 1_000, never);
  workers(0);
  expect(await waited).toBe(true);
  expect(await places.whenFree('m', 1_000, never)).toBe(false);
});

test('places: after one wait in vain nothing waits for slow workers until one of their jobs has ended', async () => {
  const { clock, places, begin } = opened(1);
  const ends = [begin(), begin()];
  const waited = places.whenFree('m', 1_000, never);
  await clock.advance(1_000);
  expect(await waited).toBe(false);
  expect(await places.whenFree('m', 1_000, never)).toBe(false);
  ends[0]?.();
  begin();
  const again = places.whenFree('m', 1_000, never);
  ends[1]?.();
  expect(await again).toBe(true);
});

test('places: nothing waits for a Redis that is full, until ten seconds later', async () => {
  const { clock, places } = opened(1);
  places.full();
  expect(places.free('m')).toBe(0);
  expect(await places.whenFree('m', 1_000, never)).toBe(false);
  await clock.advance(10_000);
  expect(places.free('m')).toBe(2);
});

test('places: a wait rejects with the reason of its signal', async () => {
  const { places, begin } = opened(1);
  begin();
  begin();
  const stop = new AbortController();
  const waited = places.whenFree('m', 1_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waited).rejects.toThrow('enough');
});
