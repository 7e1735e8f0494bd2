import { expect, test } from 'vitest';
import { createScansDue, POLL_MS } from '../../../src/sync/scan/scans-due.js';
import { fakeClock } from '../../fakes/clock.js';

test('scans due: a scan that has seen everything is due no more', () => {
  const scans = createScansDue(fakeClock());
  const end = scans.begin({ sinceMs: 0 });
  expect([scans.isDue(-1), scans.isDue(0)]).toEqual([false, true]);
  end();
  expect(scans.isDue(0)).toBe(false);
});

test('scans due: a scan whose folder moved counts until the scans have been made that were due by then', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  const end = scans.begin({ sinceMs: beganMs });
  await clock.advance(50);
  const endNext = scans.begin({ sinceMs: clock.monotonic() });
  end(true);
  await clock.advance(10 * POLL_MS);
  expect(scans.isDue(beganMs)).toBe(true);
  endNext();
  expect(scans.isDue(beganMs)).toBe(false);
});

test('scans due: the watcher has a moment to hear where the folder is now', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  scans.begin({ sinceMs: beganMs })(true);
  await clock.advance(POLL_MS / 2);
  expect(scans.isDue(beganMs)).toBe(true);
  const endHeard = scans.begin({ sinceMs: clock.monotonic() });
  await clock.advance(10 * POLL_MS);
  expect(scans.isDue(beganMs)).toBe(true);
  endHeard();
  expect(scans.isDue(beganMs)).toBe(false);
});

test('scans due: a folder that moves again and again is followed, and scans of later changes are not waited for', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  scans.begin({ sinceMs: beganMs })(true);
  for (let move = 0; move < 5; move += 1) {
    const end = scans.begin({ sinceMs: clock.monotonic() });
    await clock.advance(POLL_MS / 2);
    end(true);
    expect(scans.isDue(beganMs)).toBe(true);
  }
  await clock.advance(2 * POLL_MS);
  const late = scans.begin({ sinceMs: clock.monotonic() });
  expect(scans.isDue(beganMs)).toBe(false);
  late();
});

test('scans due: scans of later changes that never end do not keep what was outrun open', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  scans.begin({ sinceMs: beganMs })(true);
  await clock.advance(2 * POLL_MS);
  // Each is outrun as well, and began before the one before it was over; all stand for changes long ago.
  let end = scans.begin({ sinceMs: clock.monotonic() });
  for (let scan = 0; scan < 20; scan += 1) {
    await clock.advance(POLL_MS);
    const next = scans.begin({ sinceMs: clock.monotonic() });
    end(true);
    end = next;
  }
  expect(scans.isDue(beganMs)).toBe(false);
});

test('scans due: a folder that moves without end is followed for half a minute', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  scans.begin({ sinceMs: beganMs })(true);
  let followedMs = 0;
  while (scans.isDue(beganMs) && followedMs < 60_000) {
    const end = scans.begin({ sinceMs: clock.monotonic() });
    await clock.advance(POLL_MS / 2);
    end(true);
    followedMs += POLL_MS / 2;
  }
  expect(followedMs).toBeGreaterThan(29_000);
  expect(followedMs).toBeLessThan(31_000);
});

test('scans due: many folders that moved at once are followed in a moment', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  for (let folder = 0; folder < 1_000; folder += 1) {
    scans.begin({ sinceMs: beganMs + folder / 100 })(true);
    await clock.advance(0.01);
  }
  await clock.advance(2 * POLL_MS);
  expect(scans.isDue(beganMs)).toBe(false);
});

test('scans due: a scan on a timer is requested also for what was outrun', async () => {
  const clock = fakeClock();
  const scans = createScansDue(clock);
  const beganMs = clock.monotonic();
  const end = scans.begin({ sinceMs: beganMs });
  await clock.advance(30);
  end(true);
  const requests: string[] = [];
  const sinceMs = clock.monotonic();
  scans.attend(() => [{ sinceMs, request: () => void requests.push('soon') }]);
  scans.request(beganMs);
  expect(requests).toEqual(['soon']);
});
