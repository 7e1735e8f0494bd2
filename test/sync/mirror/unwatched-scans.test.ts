import { expect, test } from 'vitest';
import { createUnwatchedScans } from '../../../src/sync/mirror/unwatched-scans.js';
import { SCAN } from '../../../src/sync/run.js';
import { createDueRuns } from '../../../src/sync/scan/due-runs.js';
import { createScansDue } from '../../../src/sync/scan/scans-due.js';
import { fakeClock } from '../../fakes/clock.js';

const never = new AbortController().signal;
const folders = [{ under: 'a', why: 'no watches left' }];

function open() {
  const clock = fakeClock();
  const due = createDueRuns();
  const scansDue = createScansDue(clock);
  const scans = createUnwatchedScans({ due, scansDue, clock });
  scansDue.attend(() => scans.of(folders));
  const moment = () => ({ wallMs: clock.now(), monotonicMs: clock.monotonic() });
  return { clock, due, scansDue, moment };
}

test('scans of unwatched folders: are due for a moment until a scan that began after it has walked through them', async () => {
  const { clock, scansDue, moment } = open();
  const asOfMs = clock.monotonic();
  expect(scansDue.isDue(asOfMs)).toBe(true);
  scansDue.walked('b', moment());
  scansDue.walked('a', moment());
  expect(scansDue.isDue(asOfMs), 'it began at the same moment').toBe(true);
  await clock.advance(1);
  scansDue.walked('', moment());
  expect(scansDue.isDue(asOfMs)).toBe(false);
  expect(scansDue.isDue(clock.monotonic())).toBe(true);
});

test('scans of unwatched folders: are made once for all that wait, and not again within 5 s', async () => {
  const { clock, due, scansDue } = open();
  for (let times = 0; times < 3; times += 1) scansDue.request(clock.monotonic());
  expect(due.waiting).toEqual([
    expect.objectContaining({ kind: 'scan', under: 'a', deletes: false }),
  ]);
  await due.next(never);
  due.over();
  await clock.advance(4_000);
  scansDue.request(clock.monotonic());
  expect(due.waiting).toEqual([]);
  await clock.advance(1_000);
  scansDue.request(clock.monotonic());
  expect(due.waiting).toHaveLength(1);
});

test('scans of unwatched folders: a scan without deletes stands for no scan with them, and one with them for both', () => {
  const due = createDueRuns();
  const run = { ...SCAN, under: 'a', why: 'test' };
  due.add({ ...run, deletes: false });
  due.add({ ...run, under: 'a/b' });
  expect(due.waiting).toHaveLength(2);
  due.add(run);
  expect(due.waiting).toEqual([run]);
  due.add({ ...run, deletes: false });
  expect(due.waiting).toEqual([run]);
});
