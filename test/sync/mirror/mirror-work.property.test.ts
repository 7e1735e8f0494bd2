import fc from 'fast-check';
import { expect, test } from 'vitest';
import { momentOfEpoch } from '../../../src/sync/moment.js';
import { type DueRun, SCAN } from '../../../src/sync/run.js';
import { fakeClock } from '../../fakes/clock.js';
import { histories, openHistory, play, step } from './histories.js';

test('mirror state: in no history is a mirror in sync while a change that can be known is not durable, or a scan is due or runs', async () => {
  await fc.assert(
    fc.asyncProperty(...histories, (steps, ago) =>
      play(steps, ago, ({ state, undone, open }) => {
        if (undone.length > 0 || open) expect(state).not.toBe('in-sync');
      }),
    ),
    { numRuns: 300 },
  );
});

test('left work: in no history is there none while a change that had an event is not durable', async () => {
  await fc.assert(
    fc.asyncProperty(...histories, (steps, ago) =>
      play(steps, ago, ({ left, undone, quarantined }) => {
        const heard = undone.filter(({ heard, path }) => heard && !quarantined.includes(path));
        if (heard.length > 0) expect(left).not.toEqual({ objects: 0, events: false });
      }),
    ),
    { numRuns: 300 },
  );
});

test('left work: an event whose scan waits or runs is left, a scan of a timer is not', async () => {
  const clock = fakeClock();
  const { due, work } = openHistory(clock, 1_000);
  const nothing = { objects: 0, events: false };
  due.add({ ...SCAN, why: 'rescan timer' });
  expect(work.left()).toEqual(nothing);
  await due.next(new AbortController().signal);
  due.over();
  due.add({ ...SCAN, under: 'd', why: 'many files changed', fromEvents: true });
  expect(work.left()).toEqual({ objects: 0, events: true });
  const end = work.scanning(await due.next(new AbortController().signal));
  expect(work.left()).toEqual({ objects: 0, events: true });
  end('finished');
  due.over();
  expect(work.left()).toEqual(nothing);
});

test('lag: in no history is it less than the age of the oldest change that can be known and is not durable', async () => {
  await fc.assert(
    fc.asyncProperty(...histories, (steps, ago) =>
      play(steps, ago, ({ lagSeconds, undone, nowMs }) => {
        if (lagSeconds === null) return;
        const oldestMs = Math.min(nowMs, ...undone.map(({ atMs }) => atMs));
        expect(lagSeconds).toBeGreaterThanOrEqual((nowMs - oldestMs) / 1_000);
      }),
    ),
    { numRuns: 300 },
  );
});

test('lag: in a history where every change has its event and nothing is dropped it is known, and covers the oldest', async () => {
  const heard = fc.array(
    step.filter((one) =>
      one.do === 'change'
        ? one.heard
        : one.do === 'end of job'
          ? one.how === 'done'
          : !['doubt', 'rescan', 'scan', 'watch'].includes(one.do),
    ),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(heard, (steps) =>
      play(steps, 10, ({ lagSeconds, undone, nowMs }) => {
        const oldestMs = Math.min(nowMs, ...undone.map(({ atMs }) => atMs));
        // A job may have seen to what still waits to be heard of.
        expect(lagSeconds).toBeGreaterThanOrEqual((nowMs - oldestMs) / 1_000);
        if (undone.length > 0) expect(lagSeconds).not.toBeNull();
      }),
    ),
  );
});

test('lag: what a scan finds without an event is as old as the last scan that did not have it', async () => {
  const clock = fakeClock();
  const { pending, due, work } = openHistory(clock, 40_000);
  due.add({ ...SCAN, why: 'start' });
  expect(work.lagSeconds()).toBeNull();
  const first = await due.next(new AbortController().signal);
  work.scanning(first)('finished');
  due.over();
  expect(work.lagSeconds()).toBe(0);
  await clock.advance(30_000);
  due.add({ ...SCAN, under: 'd', why: 'rescan timer' });
  work.scanning(await due.next(new AbortController().signal))('finished');
  due.over();
  await clock.advance(5_000);
  const whole: DueRun = { ...SCAN, why: 'rescan timer' };
  pending.add('d/b', work.changedAt('d/b', whole));
  expect(work.lagSeconds()).toBe(5);
  pending.add('a', work.changedAt('a', whole));
  expect(work.lagSeconds()).toBe(35);
  expect(momentOfEpoch(clock.now() - 35_000, clock)).toEqual(work.changedAt('e', whole));
});
