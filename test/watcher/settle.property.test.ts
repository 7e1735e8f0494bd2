import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collapse, covers } from '../../src/watcher/cover.js';
import { createSettle } from '../../src/watcher/settle.js';
import type { Hint } from '../../src/watcher/watcher.js';

const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'é', '𝒳'), { minLength: 1, maxLength: 4 })
  .map((names) => names.join('/'));
const limits = { pathsPerFolder: 3, folders: 4, paths: 8, rescans: 2 };
const events = fc.array(
  fc.record({ path, rescan: fc.boolean(), pauseMs: fc.integer({ min: 0, max: 40 }) }),
  { maxLength: 80 },
);
const times = fc.record({
  settleMs: fc.integer({ min: 0, max: 50 }),
  settleLimitMs: fc.integer({ min: 50, max: 300 }),
});

const covering = (hint: Hint, path: string): boolean =>
  hint.kind === 'rescan' ? covers(hint.under, path) : hint.paths.includes(path);
const coveringAll = (hint: Hint, event: { path: string; rescan: boolean }): boolean =>
  event.rescan
    ? hint.kind === 'rescan' && covers(hint.under, event.path)
    : covering(hint, event.path);

/** Runs the events through, asking for what is due at every `nextDue`, and returns each hint with its time. */
function play(
  events: readonly { path: string; rescan: boolean; pauseMs: number }[],
  times: { settleMs: number; settleLimitMs: number },
) {
  const settle = createSettle({ ...times, ...limits });
  const given: { hint: Hint; at: number; order: number }[] = [];
  const happened: { path: string; rescan: boolean; at: number; order: number }[] = [];
  let now = 0;
  let order = 0;
  const moveTo = (end: number) => {
    for (let due = settle.nextDue(); due !== undefined && due <= end; due = settle.nextDue()) {
      now = Math.max(now, due);
      const hints = settle.take(now);
      expect(hints.length, 'nextDue promised something').toBeGreaterThan(0);
      order += 1;
      given.push(...hints.map((hint) => ({ hint, at: now, order })));
    }
    now = end;
  };
  for (const event of events) {
    moveTo(now + event.pauseMs);
    if (event.rescan) settle.invalidate(event.path, 'doubt', now);
    else settle.changed(event.path, now);
    order += 1;
    happened.push({ ...event, at: now, order });
  }
  moveTo(now + times.settleLimitMs + 1);
  expect(settle.nextDue()).toBeUndefined();
  return { given, happened };
}

test('P1: settle: every event is covered by a hint at or after it, and within the limit', () => {
  fc.assert(
    fc.property(events, times, (events, times) => {
      const { given, happened } = play(events, times);
      for (const event of happened) {
        const covered = given.some(
          ({ hint, at }) =>
            at >= event.at && at <= event.at + times.settleLimitMs && coveringAll(hint, event),
        );
        expect(covered, JSON.stringify(event)).toBe(true);
      }
    }),
  );
});

test('settle: returns a hint only when all that it covers is quiet, or its oldest event waited for the limit', () => {
  fc.assert(
    fc.property(events, times, (events, times) => {
      const { given, happened } = play(events, times);
      for (const { hint, at, order } of given) {
        const isNews = (event: (typeof happened)[number]): boolean =>
          event.order < order &&
          !given.some(
            (other) =>
              other.order > event.order && other.order < order && coveringAll(other.hint, event),
          );
        const news = happened.filter(isNews);
        for (const path of hint.kind === 'rescan' ? [hint.under] : hint.paths) {
          const behind = news.filter((event) =>
            hint.kind === 'rescan' ? covers(path, event.path) : event.path === path,
          );
          const quiet = behind.every((event) => event.at + times.settleMs <= at);
          const old = behind.some((event) => event.at + times.settleLimitMs <= at);
          expect(behind.length, 'each hint has a change behind it').toBeGreaterThan(0);
          expect(quiet || old, `${path} at ${at}`).toBe(true);
        }
      }
    }),
  );
});

test('P7: settle: bounds the waiting paths, however many change', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ path, rescan: fc.boolean() }), { maxLength: 300 }),
      (events) => {
        const settle = createSettle({ settleMs: 1_000, settleLimitMs: 10_000, ...limits });
        for (const event of events)
          event.rescan ? settle.invalidate(event.path, '', 0) : settle.changed(event.path, 0);
        const hints = settle.take(10_000);
        const paths = hints.flatMap((hint) => (hint.kind === 'paths' ? hint.paths : []));
        const rescans = hints.flatMap((hint) => (hint.kind === 'rescan' ? [hint.under] : []));
        expect(paths.length).toBeLessThanOrEqual(limits.paths);
        expect(rescans.length).toBeLessThanOrEqual(10);
        expect(
          new Set(paths.map((path) => path.split('/').slice(0, -1).join('/'))).size,
        ).toBeLessThanOrEqual(limits.folders);
        // No change is hinted twice.
        for (const under of rescans)
          expect([...paths, ...rescans].filter((path) => covers(under, path))).toEqual([under]);
      },
    ),
  );
});

test('settle: a waiting path and a hint are as old as their oldest event', () => {
  fc.assert(
    fc.property(events, times, (events, times) => {
      const settle = createSettle({ ...times, ...limits });
      /** Events that no hint has covered yet. */
      let open: { readonly path: string; readonly at: number; readonly unheard: boolean }[] = [];
      let now = 0;
      for (const event of events) {
        now += event.pauseMs;
        for (const hint of settle.take(now)) {
          const stood = (under: string) => open.filter(({ path }) => covers(under, path));
          const since = (of: typeof open) =>
            of.some(({ unheard }) => unheard) ? undefined : Math.min(...of.map(({ at }) => at));
          if (hint.kind === 'rescan') {
            // A collapse of many folders may reach wider than what changed.
            expect(hint.since, hint.under).toBe(since(stood(hint.under)));
            open = open.filter(({ path }) => !covers(hint.under, path));
          } else {
            hint.paths.forEach((path, at) => {
              expect(hint.since[at], path).toBe(since(open.filter((other) => other.path === path)));
            });
            open = open.filter(({ path }) => !hint.paths.includes(path));
          }
        }
        if (event.rescan) settle.invalidate(event.path, 'doubt', now, event.pauseMs % 2 === 0);
        else settle.changed(event.path, now);
        open.push({ path: event.path, at: now, unheard: event.rescan && event.pauseMs % 2 === 0 });
        const waits = settle.waiting();
        expect(waits).toEqual({
          since: open.some(({ unheard }) => unheard)
            ? undefined
            : Math.min(...open.map(({ at }) => at)),
        });
      }
    }),
  );
});

test('settle: a folder in which many files change becomes one rescan, without its neighbours', () => {
  const settle = createSettle({ settleMs: 10, settleLimitMs: 100, ...limits, paths: 100 });
  for (let i = 0; i < 10; i++) settle.changed(`busy/${i}`, 0);
  settle.changed('calm/file', 0);
  expect(settle.take(10)).toEqual([
    { kind: 'rescan', under: 'busy', why: 'many files changed', since: 0 },
    { kind: 'paths', paths: ['calm/file'], since: [0] },
  ]);
});

test('collapse: few paths cover all of many, with none below another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(path, fc.constant('')), { maxLength: 60 }),
      fc.integer({ min: 1, max: 10 }),
      (paths, limit) => {
        const few = collapse(paths, limit);
        expect(few.length).toBeLessThanOrEqual(limit);
        for (const path of paths)
          expect(few.filter((under) => covers(under, path))).toHaveLength(1);
        if (new Set(paths).size <= limit) for (const path of few) expect(paths).toContain(path);
      },
    ),
  );
});
