import { expect, test } from 'vitest';
import { createWatchedRuns } from '../../../src/sync/mirror/watched-runs.js';
import { type DueRun, SCAN } from '../../../src/sync/run.js';
import { createDueRuns } from '../../../src/sync/scan/due-runs.js';
import { fakeClock } from '../../fakes/clock.js';

const SETTLE_MS = 500;
/** After the settle time. */
const ELSEWHERE_MS = 200;

/** Takes the runs that are due of a mirror in which every scan ends at once. */
function takeRuns() {
  const clock = fakeClock();
  const due = createDueRuns();
  const made: string[] = [];
  const stop = new AbortController();
  const never = () => {
    throw new Error('no run is refused here');
  };
  const runs = createWatchedRuns(
    {
      settings: { name: 'documents', container: 'c', settleMs: SETTLE_MS },
      parts: {
        clock,
        log: { error: never, warn: never, info: never, debug: never },
        health: { report: never, whenUp: never },
        ledger: { read: never },
        random: never,
      },
      work: { refused: () => undefined },
      missed: { take: () => false },
      scansDue: { begin: never },
      reportState: () => undefined,
    } as unknown as Parameters<typeof createWatchedRuns>[0],
    {
      due,
      fruitless: { times: 0 },
      underWay: () => undefined,
      async scan({ under }) {
        made.push(under);
        return { finished: Promise.resolve() };
      },
    },
  );
  const taken = runs.take(stop.signal).catch(() => undefined);
  const end = () => {
    stop.abort();
    return taken;
  };
  return { clock, due, made, end };
}

const gone = (under: string): DueRun => ({ ...SCAN, under, why: 'a folder is gone', gone: true });
const scanOf = (under: string): DueRun => ({ ...SCAN, under, why: 'a new folder', deletes: false });

test('folders that are gone at once are scanned after one wait for what is found elsewhere', async () => {
  const { clock, due, made, end } = takeRuns();
  const folders = ['a', 'b', 'c', 'd', 'e'];
  for (const folder of folders) due.add(gone(folder));
  await clock.advance(SETTLE_MS + ELSEWHERE_MS - 1);
  expect(made).toEqual([]);
  await clock.advance(1);
  expect(made).toEqual(folders);
  await end();
});

test('a folder that is gone after the others has a wait of its own', async () => {
  const { clock, due, made, end } = takeRuns();
  due.add(gone('a'));
  await clock.advance(SETTLE_MS);
  due.add(gone('b'));
  await clock.advance(ELSEWHERE_MS);
  expect(made).toEqual(['a']);
  await clock.advance(SETTLE_MS + ELSEWHERE_MS - 1);
  expect(made).toEqual(['a']);
  await clock.advance(1);
  expect(made).toEqual(['a', 'b']);
  await end();
});

test('a folder that is gone waits for the scan of one that has come meanwhile', async () => {
  const { clock, due, made, end } = takeRuns();
  due.add(gone('a'));
  await clock.advance(SETTLE_MS);
  due.add(scanOf('elsewhere'));
  await clock.advance(ELSEWHERE_MS);
  expect(made).toEqual(['elsewhere']);
  await clock.advance(SETTLE_MS + ELSEWHERE_MS);
  expect(made).toEqual(['elsewhere', 'a']);
  await end();
});
